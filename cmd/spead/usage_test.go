// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestWrongCommandLines checks that nothing but one line comes, which names the flag, the value and
// what is allowed, and exit code 2.
func TestWrongCommandLines(t *testing.T) {
	vector := filepath.Join("..", "..", "testdata", "vectors", "strings.pcap")
	for _, c := range []wrongLine{
		{"nonsense", "command", `"nonsense"`, "bench, capture"},
		{"demo 5s", "argument", `"5s"`, "none"},
		{"demo --duration 10", "--duration", `"10"`, "a time longer than 0 with its unit"},
		{"demo --duration -1s", "--duration", `"-1s"`, "a time longer than 0"},
		{"send", "ENDPOINT", `"none"`, "one or more"},
		{"send 10.0.0.1", "ENDPOINT", `"10.0.0.1"`, "host:port"},
		{"send 10.0.0.1:1,10.0.0.2", "ENDPOINT", `"10.0.0.2"`, "host:port"},
		{"send [::1]:1,127.0.0.1:1", "ENDPOINT", `127.0.0.1:1`, "one IP version"},
		{"send 127.0.0.1:1 --rate 5", "--rate", `"5"`, "a rate with its unit, such as 5Gbps"},
		{"send 127.0.0.1:1 --rate 10GB", "--rate", `"10GB"`, "5Gbps"},
		{"send 127.0.0.1:1 --burst 0", "--burst", `"0"`, "a size from 1 to"},
		{"send 127.0.0.1:1 --burst-rate-ratio 0.9", "--burst-rate-ratio", `"0.9"`, "1 to 1000"},
		{"send 127.0.0.1:1 --burst-rate-ratio NaN", "--burst-rate-ratio", `"NaN"`, "1 to 1000"},
		{"send 127.0.0.1:1 --pacing hard", "--pacing", `"hard"`, "software or kernel"},
		{"send 127.0.0.1:1 --pacing kernel", "--rate", `0`, "a packet (1472 bytes) per second"},
		{"send 127.0.0.1:1 --pacing kernel --rate 1Gbps --burst-rate-ratio 1.5", "--burst-rate-ratio", `1.5`, "0 with PacingKernel"},
		{"send 127.0.0.1:1 --packet-size 55", "--packet-size", `"55"`, "from 56 to 65507"},
		{"send 127.0.0.1:1 --packet-size 64KiB", "--packet-size", `"64KiB"`, "from 56 to 65507"},
		{"send 127.0.0.1:1 --max-heaps 0", "--max-heaps", `"0"`, "a whole number from 1 to"},
		{"send 127.0.0.1:1 --heaps -2", "--heaps", `"-2"`, "a whole number of -1 or more"},
		{"send 127.0.0.1:1 --items 0", "--items", `"0"`, "from 1 to 65536"},
		{"send 127.0.0.1:1 --heap-size 3", "--heap-size", `"3"`, "from 4"},
		{"send 127.0.0.1:1 --heap-size 8 --items 3", "--heap-size", `"8"`, "4 bytes for each of --items 3"},
		{"send 127.0.0.1:1 --heap-size 17MiB --flavour 64-24", "--heap-size", `"17MiB"`, "at most 16777215"},
		{"send 127.0.0.1:1 --heap-size 64GiB --max-heaps 1048576", "--heap-size", `"64GiB"`, "--max-heaps 1048576"},
		{"send 127.0.0.1:1 --flavour 64-16 --items 65536", "--flavour", `"SPEAD-64-16"`, "item ids up to"},
		{"send 127.0.0.1:1 --flavour 64-56", "--flavour", `"SPEAD-64-56"`, "item ids up to 0x1000"},
		{"send 127.0.0.1:1 --flavour 64-44", "--flavour", `"64-44"`, "64-8, 64-16, 64-24, 64-32, 64-40, 64-48 or 64-56"},
		{"send 127.0.0.1:1 --bug-compat 8", "--bug-compat", `"8"`, "from 0 to 7"},
		{"send 127.0.0.1:1 --ttl 256", "--ttl", `"256"`, "from 1 to 255"},
		{"send 127.0.0.1:1 --source nobody", "--source", `"nobody"`, "an IP address"},
		{"send 127.0.0.1:1 --source ::1", "--source", `::1`, "of the endpoints' IP version"},
		{"send 127.0.0.1:1 --bind 127.0.0.1:5", "--bind", `"127.0.0.1:5"`, "an IP address"},
		{"send 239.1.2.3:1 --interface nonsuch0", "--interface", `"nonsuch0"`, "name, an address or the index"},
		{"send 127.0.0.1:1 --verify=perhaps", "--verify", `"perhaps"`, "true or false"},
		{"doctor --interface nonsuch0", "--interface", `"nonsuch0"`, "name, an address or the index"},
		{"doctor --rate 10GB", "--rate", `"10GB"`, "5Gbps"},
		{"doctor --watch 10", "--watch", `"10"`, "a time longer than 0 with its unit"},
		{"doctor eth0", "ENDPOINT", `"eth0"`, "host:port"},
		{"dissector spead.lua", "argument", `"spead.lua"`, "none"},
		{"recv", "SOURCE", `"none"`, "one or more"},
		{"recv eth0", "SOURCE", `"eth0"`, "port, :port, host:port"},
		{"recv 65536", "SOURCE", `"65536"`, "port, :port, host:port"},
		{"recv 127.0.0.1:0 --count -1", "--count", `"-1"`, "a whole number of 0 or more"},
		{"recv 127.0.0.1:0 --every 0", "--every", `"0"`, "from 1 to"},
		{"recv 127.0.0.1:0 --max-heaps many", "--max-heaps", `"many"`, "from 1 to 1048576"},
		{"recv 127.0.0.1:0 --max-heaps 1048576 --substreams 3", "--max-heaps × --substreams", `3145728`, "at most 1048576"},
		{"recv 127.0.0.1:0 --max-heap-length 1G", "--max-heap-length", `"1G"`, "64KiB or 8MiB"},
		{"recv 127.0.0.1:0 --max-memory 0", "--max-memory", `"0"`, "a size from 1 to"},
		{"recv 127.0.0.1:0 --packet-size 65536", "--packet-size", `"65536"`, "from 1 to 65535"},
		{"recv 127.0.0.1:0 --filter udp", "--filter", `"udp"`, "capture files"},
		{"recv 239.1.2.3:0 --interface nonsuch0", "--interface", `"nonsuch0"`, "name, an address or the index"},
		{"recv " + vector + " --filter udp_dst_port_7148", "--filter at byte 0", `"udp_dst_port_7148"`, "a primitive"},
	} {
		c.check(t)
	}
}

// TestWrongLimitsOfRecv does the same for what bounds receiving.
func TestWrongLimitsOfRecv(t *testing.T) {
	for _, c := range []wrongLine{
		{"recv 127.0.0.1:0 --cnt-step -1", "--cnt-step", `"-1"`, "a whole number of 0 or more"},
		{"recv 127.0.0.1:0 --when-full drop", "--when-full", `"drop"`, "block, drop-oldest or drop-newest"},
		{"recv 127.0.0.1:0 --queue-bytes -1", "--queue-bytes", `"-1"`, "a size from 0 to"},
		{"recv 127.0.0.1:0 --reserve 8KiB", "--reserve", `"8KiB"`, "64x8KiB"},
		{"recv 127.0.0.1:0 --reserve 0x8KiB", "--reserve", `"0x8KiB"`, "64x8KiB"},
		{"recv 127.0.0.1:0 --reserve 64x8KiB,", "--reserve", `"64x8KiB,"`, "64x8KiB"},
		{"recv 127.0.0.1:0 --reserve 5x1GiB", "--reserve", `5 of 1073741824 bytes`, "MaxPool, 268435456 bytes"},
		{"recv 127.0.0.1:0 --max-items 0", "--max-items", `"0"`, "from 1 to"},
		{"recv 127.0.0.1:0 --sockets 3", "--sockets", `3`, "1, 2, 4, 8, 16, 32 or 64"},
		{"recv 127.0.0.1:0 --sockets 65", "--sockets", `"65"`, "from 1 to 64"},
		{"recv 127.0.0.1:0 --buffer 1GiB", "--buffer", `"1GiB"`, "from 0 to"},
		{"recv 127.0.0.1:0 --dialect skalow", "--dialect", `"skalow"`, "ska-low"},
		{"recv 127.0.0.1:0 --source-filter 10.0.0.1", "--source-filter", `10.0.0.1`, "a multicast group"},
	} {
		c.check(t)
	}
}

// wrongLine is a command line, and what is refused of it.
type wrongLine struct{ line, field, value, allowed string }

func (c wrongLine) check(t *testing.T) {
	t.Helper()
	r := runHere(strings.Fields(c.line)...)
	command, _, _ := strings.Cut(c.line, " ")
	prefix := "^spead " + command + ": "
	if c.field == "command" {
		prefix = "^spead: "
	}
	r.expect(t, exitUsage, `^$`, prefix+regexp.QuoteMeta(c.field+": "+c.value+" is not allowed: expected ")+
		`[^\n]*`+regexp.QuoteMeta(c.allowed)+`[^\n]*\n$`)
	if t.Failed() {
		t.Fatal(c.line)
	}
}

// TestEveryFlagRefusesNonsenseByName leaves out flags whose values only the system can judge.
func TestEveryFlagRefusesNonsenseByName(t *testing.T) {
	arguments := map[string]string{
		"spead send":          "127.0.0.1:1",
		"spead recv":          "127.0.0.1:0",
		"spead chunk":         "none.json 127.0.0.1:0",
		"spead capture":       "127.0.0.1:0",
		"spead replay":        "none.pcap 127.0.0.1:1",
		"spead compare":       "none.pcap none.pcap",
		"spead inspect":       "127.0.0.1:0",
		"spead monitor":       "127.0.0.1:0",
		"spead bench control": "127.0.0.1:1",
		"spead bench agent":   "127.0.0.1:0",
	}
	free := []string{"help", "interface", "filter", "spead recv --bind", "spead bench send --peer", "spead bench pace --peer", "spead chunk --output",
		"spead capture --write"}
	for _, cmd := range ownCommands(newRoot(console{io.Discard, io.Discard})) {
		path := cmd.CommandPath()
		for _, name := range flagNames(cmd) {
			if slices.Contains(free, name) || slices.Contains(free, path+" --"+name) {
				continue
			}
			line := path + " --" + name + "=nonsense " + arguments[path]
			runHere(strings.Fields(line)[1:]...).expect(t, exitUsage, `^$`,
				`^`+path+`: --`+name+`: "nonsense" is not allowed: expected [^\n]+\n$`)
		}
	}
}

func TestWhatIsNoFlagIsNamed(t *testing.T) {
	for line, remark := range map[string]string{
		"demo --nonsense":                    `unknown flag: --nonsense`,
		"send 127.0.0.1:1 -x":                `unknown shorthand flag: 'x' in -x`,
		"recv 127.0.0.1:0 --max-heaps":       `flag needs an argument: --max-heaps`,
		"recv --tcp 127.0.0.1:0":             `unknown flag: --tcp`,
		"--nonsense":                         `unknown flag: --nonsense`,
		"send 127.0.0.1:1 --packetsize 1472": `unknown flag: --packetsize`,
	} {
		runHere(strings.Fields(line)...).expect(t, exitUsage, `^$`, `^spead( send| recv| demo)?: `+remark+`; see --help\n$`)
	}
}

func TestCommandsWithoutWorkSucceed(t *testing.T) {
	for line, out := range map[string]string{
		"":                                    `(?s)demo.*recv.*send`,
		"help":                                `(?s)demo.*recv.*send`,
		"--help":                              `Exit codes: 0`,
		"help send":                           `Send heaps of test data`,
		"--version":                           `^spead \S+.* go1\.\S+ \w+/\w+\n$`,
		"completion bash":                     `bash completion`,
		"completion zsh":                      `zsh completion`,
		"completion fish":                     `fish completion`,
		"__complete recv --max-":              `(?s)--max-heaps.*--max-heap-length.*--max-memory`,
		"__complete recv --dialect ska":       `(?m)^ska-low$`,
		"__complete monitor --dialect gate":   `(?m)^gateware$`,
		"__complete monitor --when-full drop": `(?m)^drop-oldest\ndrop-newest$`,
		"__complete send --pacing k":          `(?m)^kernel$`,
		"__complete bench control 1 --layout equ": `(?m)^equal$`,
	} {
		r := runHere(strings.Fields(line)...)
		r.remarks = "" // the completion says there what it found
		r.expect(t, exitOK, out, ``)
	}
}

// failingWriter fails as a full disk does.
type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

func TestWhatCantBePrintedIsAFailure(t *testing.T) {
	full := errors.New("no space left on device")
	vector := filepath.Join("..", "..", "testdata", "vectors", "strings.pcap")
	for _, line := range []string{"recv " + vector, "recv --json " + vector, "recv --quiet " + vector, "inspect " + vector, "inspect --json " + vector, "demo --duration 1ms"} {
		var remarks bytes.Buffer
		if code := run(strings.Fields(line), console{failingWriter{full}, &remarks}); code != exitFail {
			t.Errorf("%s: exit code %d", line, code)
		}
		if strings.Count(remarks.String(), full.Error()) != 1 {
			t.Errorf("%s: remarked %q", line, remarks.String())
		}
	}
}
