// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

const (
	sysModule = "golang.org/x/sys"
	netModule = "golang.org/x/net"
)

// allowedImports says what each package may import besides the standard library: folders of this
// module ("." is the vocabulary, in the module's own folder) and other modules. Arrows point
// downwards only; docs/architecture.md draws them.
var allowedImports = map[string][]string{
	".":                     {},
	"internal/wire":         {"."},
	"internal/packetizer":   {".", "internal/wire"},
	"internal/assembler":    {".", "internal/wire"},
	"internal/udp":          {".", "internal/wire", "internal/errno", "internal/udp/route", "internal/udp/pacing", sysModule, netModule},
	"internal/framing":      {".", "internal/wire"},
	"internal/udp/route":    {sysModule},
	"internal/udp/nic":      {sysModule},
	"internal/udp/pacing":   {sysModule},
	"internal/udp/sink":     {sysModule},
	"internal/udp/arrivals": {sysModule},
	"internal/udp/tap":      {sysModule},
	"internal/udp/frames":   {".", sysModule, netModule},
	"internal/spool":        {"internal/mem"},
	"internal/trigger":      {},
	"internal/punctual":     {"internal/nap"},
	"internal/quantile":     {},
	"internal/compare":      {".", "internal/assembler", "internal/pcap", "internal/udp", "internal/wire"},
	"internal/rewrite":      {".", "internal/wire"},
	"internal/tcp":          {},
	"internal/errno":        {},
	"inproc":                {".", "internal/wire"},
	"internal/pcap":         {".", "github.com/gopacket/gopacket"},
	"send":                  {".", "internal/packetizer", "internal/udp", "internal/tcp", "internal/errno", "inproc", "internal/wire", "internal/nap", "internal/punctual"},
	"recv":                  {".", "internal/assembler", "internal/udp", "inproc", "internal/wire", "internal/mem", "internal/framing", "internal/chunks", "internal/cnts", "internal/nap", "internal/ring"},
	"internal/mem":          {sysModule},
	"internal/chunks":       {".", "internal/wire"},
	"internal/ring":         {},
	"internal/cnts":         {"."},
	"internal/chunkfile":    {},
	"placement":             {".", "recv", "internal/mem"},
	"capture":               {".", "internal/pcap", "internal/udp", "recv", "internal/spool", "internal/punctual", "internal/quantile", "internal/rewrite", "internal/wire"},
	"metrics":               {".", "send", "recv", "github.com/prometheus/client_golang"},
	"internal/heapjson":     {"."},
	"internal/vectors":      {".", "internal/heapjson"},
	"internal/simnet":       {".", "internal/wire"},
	"internal/netns":        {},
	"internal/nap":          {},
	"internal/lint":         {},
	"internal/bench":        {".", "send", "recv", "inproc", "internal/udp/sink", "internal/udp/arrivals", "internal/pattern"},
	"internal/bench/search": {"."},
	"internal/bench/remote": {".", "send", "recv", "internal/bench", "internal/pattern"},
	"internal/pattern":      {"."},
	"internal/dump":         {".", "recv", "internal/heapjson", "internal/pattern"},
	"internal/dissector":    {},
	"internal/doctor":       {"internal/udp/nic", "internal/udp/route"},
	"internal/inspect":      {".", "recv", "internal/assembler", "internal/wire"},
	"internal/inspect/feed": {".", "internal/inspect", "internal/udp", "internal/framing", "internal/pcap"},
	"cmd/spead":             {".", "send", "recv", "inproc", "capture", "placement", "internal", "metrics", "github.com/prometheus/client_golang", "github.com/spf13/cobra", "github.com/spf13/pflag", "go.yaml.in/yaml/v3"},

	"internal/monitor":          {".", "recv"},
	"internal/monitor/screen":   {"internal/monitor", "charm.land/bubbletea/v2"},
	"internal/monitor/web":      {"internal/monitor"},
	"internal/monitor/scenario": {".", "recv", "internal/monitor", "internal/wire"},
	"internal/browser":          {},
	"docs/screens":              {},
}

// testImports is what tests may import besides: any package of this module, and these.
var testImports = []string{"github.com/google/go-cmp", "go.uber.org/goleak"}

// testOnly lists the packages that exist for tests.
var testOnly = []string{"internal/vectors", "internal/simnet", "internal/netns", "internal/lint", "internal/browser", "internal/monitor/scenario", "docs/screens"}

// coreFolders hold nothing but bytes, numbers and tables, so that they can be tried to exhaustion.
var coreFolders = []string{"internal/wire", "internal/packetizer", "internal/assembler", "internal/framing", "internal/chunks", "internal/cnts", "internal/ring"}

// coreFiles are files as pure as that in packages that aren't. They take times, but ask for none.
var coreFiles = []string{"send/pacer.go"}

// timedFolders take times and addresses as values, but ask nobody for them.
var timedFolders = []string{"internal/inspect"}

// clockNames is what of package time asks a clock.
var clockNames = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

func importRules() []rule {
	return []rule{
		{"imports", "turn the arrow round, or move the shared part down; docs/architecture.md says where", checkImports},
		{"pure", "have the caller pass it in, as a value", checkPure},
		{"unsafe", "ask internal/udp for it, or move it to a file named *_unsafe.go", checkUnsafe},
		{"output", "return it, or log it to the configured logger", checkOutput},
	}
}

func checkImports(m *module, report reporter) {
	for _, f := range m.files {
		allowed, known := allowedImports[f.folder()]
		if !known {
			report(f.name, "package %s has no row in allowedImports (internal/lint)", f.folder())
			continue
		}
		for _, spec := range f.syntax.Imports {
			p := strings.Trim(spec.Path.Value, `"`)
			if !isStandard(p) && !m.mayImport(f, p, allowed) {
				report(f.line(spec), "%s may not import %s", f.folder(), p)
			}
		}
	}
}

func (m *module) mayImport(f *file, importPath string, allowed []string) bool {
	within := importPath == m.path || strings.HasPrefix(importPath, m.path+"/")
	if !within {
		return under(importPath, allowed) || f.isTest() && under(importPath, testImports)
	}
	target := path.Clean(strings.TrimPrefix(strings.TrimPrefix(importPath, m.path), "/"))
	switch {
	case f.isTest():
		return true
	case under(target, testOnly) && !under(f.folder(), testOnly):
		return false
	}
	return under(target, allowed)
}

// under says whether a path is one of those listed, or below one.
func under(p string, list []string) bool {
	return slices.ContainsFunc(list, func(top string) bool {
		return p == top || strings.HasPrefix(p, top+"/")
	})
}

// isStandard says whether a package is the standard library's: its first element has no dot.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".") && importPath != "C"
}

func checkPure(m *module, report reporter) {
	impure := []string{"net", "os", "log", "sync", "syscall"}
	for _, f := range m.files {
		isCore := under(f.folder(), coreFolders)
		isTimed := slices.Contains(timedFolders, f.folder())
		if f.isTest() || !isCore && !isTimed && !slices.Contains(coreFiles, f.name) {
			continue
		}
		for _, spec := range f.syntax.Imports {
			p := strings.Trim(spec.Path.Value, `"`)
			if isTimed && p == "net/netip" {
				continue
			}
			if under(p, impure) || isCore && p == "time" {
				report(f.line(spec), "%s is imported", p)
			}
		}
		f.uses(func(n ast.Node, importPath, name string) {
			if importPath == "time" && slices.Contains(clockNames, name) {
				report(f.line(n), "time.%s is used", name)
			}
		})
	}
}

func checkUnsafe(m *module, report reporter) {
	homes := []string{"internal/udp", "internal/mem", "internal/xdp"}
	for _, f := range m.files {
		if under(f.folder(), homes) || strings.HasSuffix(strings.TrimSuffix(f.name, "_test.go"), "_unsafe.go") {
			continue
		}
		for _, spec := range f.syntax.Imports {
			if p := strings.Trim(spec.Path.Value, `"`); p == "unsafe" || p == "C" {
				report(f.line(spec), "%s is imported", p)
			}
		}
	}
}

func checkOutput(m *module, report reporter) {
	for _, f := range m.files {
		if f.isTest() || under(f.folder(), []string{"cmd"}) {
			continue
		}
		for _, spec := range f.syntax.Imports {
			if spec.Path.Value == `"flag"` {
				report(f.line(spec), "flag is imported")
			}
		}
		f.uses(func(n ast.Node, importPath, name string) {
			switch importPath + "." + name {
			case "fmt.Print", "fmt.Printf", "fmt.Println", "os.Stdout", "os.Stderr":
				report(f.line(n), "%s.%s is used", importPath, name)
			}
		})
	}
}
