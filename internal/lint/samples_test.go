// SPDX-License-Identifier: Apache-2.0

package lint

import "strings"

// sample is a small module, and how many findings a rule should have in it.
type sample struct {
	rule  string
	name  string
	want  int
	files map[string]string
	goMod string
}

// goFile is a file of package p with a rule's sample in it.
func goFile(name, body string) map[string]string {
	return map[string]string{name: licenceLine + "\n\npackage p\n\n" + body}
}

func samples() []sample {
	var all []sample
	for _, group := range [][]sample{
		sizeSamples(), commentSamples(), importSamples(), stateSamples(), testSamples(), documentSamples(),
	} {
		all = append(all, group...)
	}
	return all
}

func sizeSamples() []sample {
	lines := func(n int) string { return strings.Repeat("// Line.\n", n) }
	function := func(n int) string { return "func f() {\n" + strings.Repeat("\tg()\n", n-2) + "}\n" }
	many := map[string]string{}
	for i := range 36 {
		many["p/"+strings.Repeat("a", i+1)+".go"] = "package p"
		many["p/"+strings.Repeat("a", i+1)+"_test.go"] = "package p"
	}
	return []sample{
		{rule: "file-size", name: "400 lines will do", files: goFile("a.go", lines(396))},
		{rule: "file-size", name: "401 lines are too many", want: 1, files: goFile("a.go", lines(397))},
		{rule: "file-size", name: "a loop has half of that", want: 1, files: goFile("send/sender.go", lines(197))},
		{rule: "function-size", name: "70 lines will do", files: goFile("a.go", function(70))},
		{rule: "function-size", name: "71 lines are too many", want: 1, files: goFile("a.go", function(71))},
		{rule: "parameters", name: "four will do", files: goFile("a.go", "func f(a, b int, c, d string) {}")},
		{rule: "parameters", name: "five are too many", want: 1, files: goFile("a.go", "type f func(a, b int, c, d, e string)")},
		{rule: "parameters", name: "a fuzzer's", files: goFile("a_fuzz_test.go", "type f func(a, b, c, d, e string)")},
		{rule: "parameters", name: "two bools", want: 1, files: goFile("a.go", "func (t) f(a, b bool) {}")},
		{rule: "parameters", name: "bools apart", files: goFile("a.go", "func f(a bool, n int, b bool) {}")},
		{rule: "nesting", name: "three deep, and an else-if", files: goFile("a.go",
			"func f() { for { if a { if b {} else if c {} else if d {} } } }")},
		{rule: "nesting", name: "four deep", want: 1, files: goFile("a.go",
			"func f() { for { if a { switch { case b: if c {} } } } }")},
		{rule: "nesting", name: "four deep in a test", files: goFile("a_test.go",
			"func f() { for { if a { switch { case b: if c {} } } } }")},
		{rule: "nesting", name: "a function within counts for itself", files: goFile("a.go",
			"func f() { for { if a { go func() { for { if b {} } }() } } }")},
		{rule: "package-size", name: "36 files are too many", want: 1, files: many},
		{rule: "names", name: "vague names", want: 2, files: map[string]string{
			"util/common_test.go": "package util", "p/unity.go": "package p"}},
	}
}

func commentSamples() []sample {
	return []sample{
		{rule: "licence", name: "there", files: goFile("a.go", "")},
		{rule: "licence", name: "not there", want: 1, files: map[string]string{"a.go": "package p\n"}},
		{rule: "package-doc", name: "a file without", want: 1, files: goFile("doc.go", "")},
		{rule: "package-doc", name: "there", files: map[string]string{"p/doc.go": "// Package p is.\npackage p\n"}},
		{rule: "exported-doc", name: "documented", files: goFile("a.go",
			"// T is.\ntype T struct{}\n// F is.\nfunc (T) F() {}\nfunc (u) F() {}\n// All.\nconst (\nA = 1\n)\nvar (\nB = 1 // B is.\n)")},
		{rule: "exported-doc", name: "nothing is", want: 5, files: goFile("a.go",
			"type T[E any] interface{ M() }\nfunc (*U[E]) F() {}\nfunc G() {}\nconst A = 1\n")},
		{rule: "config-doc", name: "defaults said", files: goFile("a.go",
			"type UDPConfig struct {\nConfig\nA int // bytes; 0: 1472\n// B is. Default: none.\nB int\n}")},
		{rule: "config-doc", name: "one silent, one without its default", want: 2, files: goFile("a.go",
			"type Config struct {\nA int\nB int // bytes\n}")},
		{rule: "remarks", name: "an issue's number", files: goFile("a.go", "// TODO(#12): more.")},
		{rule: "remarks", name: "none, and a linter off", want: 2, files: goFile("a.go",
			"// TODO: more.\nvar a = 1 //nolint\n")},
	}
}

func importSamples() []sample {
	imports := func(name, path string) map[string]string { return goFile(name, "import _ \""+path+"\"\n") }
	return []sample{
		{rule: "imports", name: "downwards", files: imports("internal/wire/a.go", "example.org/m")},
		{rule: "imports", name: "sideways", want: 1, files: imports("recv/a.go", "example.org/m/send")},
		{rule: "imports", name: "sideways in a test", files: imports("recv/a_test.go", "example.org/m/send")},
		{rule: "imports", name: "upwards", want: 1, files: imports("a.go", "example.org/m/internal/wire")},
		{rule: "imports", name: "a stranger", want: 1, files: imports("send/a.go", "golang.org/x/sys/unix")},
		{rule: "imports", name: "a guest at home", files: imports("internal/udp/a.go", "golang.org/x/sys/unix")},
		{rule: "imports", name: "a test's tool in a test", files: imports("send/a_test.go", "go.uber.org/goleak")},
		{rule: "imports", name: "a test's tool outside", want: 1, files: imports("send/a.go", "go.uber.org/goleak")},
		{rule: "imports", name: "a test's package in the command", want: 1,
			files: imports("cmd/spead/a.go", "example.org/m/internal/vectors")},
		{rule: "imports", name: "a package nobody knows", want: 1, files: imports("internal/new/a.go", "fmt")},
		{rule: "pure", name: "a lock in a core", want: 1, files: imports("internal/wire/a.go", "sync/atomic")},
		{rule: "pure", name: "a core's test may", files: imports("internal/wire/a_test.go", "os")},
		{rule: "pure", name: "times are values", files: goFile("send/pacer.go", "import \"time\"\nvar t time.Duration")},
		{rule: "pure", name: "a clock is not", want: 1, files: goFile("send/pacer.go", "import \"time\"\nvar t = time.Now")},
		{rule: "unsafe", name: "anywhere", want: 1, files: imports("send/a.go", "unsafe")},
		{rule: "unsafe", name: "where it says so", files: imports("send/a_unsafe.go", "unsafe")},
		{rule: "output", name: "a library prints", want: 3, files: goFile("send/a.go",
			"import (\n\"flag\"\n\"fmt\"\n\"os\"\n)\nfunc f() { fmt.Println(1); g(os.Stdout); fmt.Sprint(1); flag.Parse() }")},
		{rule: "output", name: "the command prints", files: goFile("cmd/spead/a.go",
			"import \"fmt\"\nfunc f() { fmt.Println(1) }")},
	}
}

func stateSamples() []sample {
	return []sample{
		{rule: "state", name: "errors, assertions, tables", files: goFile("a.go",
			"var ErrX = g()\nvar _ I = T{}\nvar names = [...]string{\"a\"}\nvar m = map[int]int{1: 2}")},
		{rule: "state", name: "all else", want: 5, files: goFile("a.go",
			"var counter int\nvar Names = []string{}\nvar s = T{}\nvar r = g()\nfunc init() {}")},
		{rule: "state", name: "embedded files", want: 1, files: goFile("a.go",
			"// text is a file's.\n//\n//go:embed a.txt\nvar text string\n\n//go:embed b.txt\nvar Text string")},
		{rule: "state", name: "a test's", files: goFile("a_test.go", "var update = g()")},
	}
}

func testSamples() []sample {
	constants := "type Refusal int\nconst (\nAccepted Refusal = iota\nRefusedA\nRefusedB\n)\n"
	names := "var refusalNames = [2]string{RefusedA: \"a\", RefusedB: \"\"}\n"
	refusals := goFile("refusal.go", constants+names)
	refusals["a_test.go"] = "package p\nvar a = RefusedA\n"
	return []sample{
		{rule: "tests", name: "sleeping and skipping", want: 2, files: goFile("a_test.go",
			"import \"time\"\nfunc f() { time.Sleep(1); t.Skip() }")},
		{rule: "tests", name: "skipping for no reason, a bad one and good ones", want: 3, files: goFile("a_test.go",
			"func f() { t.SkipNow(); t.Skipf(\"it fails\"); t.Skip(why); t.Skip(\"needs root\"); t.Skipf(\"needs tc: %v\", err) }")},
		{rule: "tests", name: "not in tests", files: goFile("a.go", "import \"time\"\nfunc f() { time.Sleep(1); b.Skip() }")},
		{rule: "refusals", name: "one without a name and a test", want: 2, files: refusals},
	}
}

func documentSamples() []sample {
	walk := "// sender.go, then internal/udp/conn.go (+ gso_linux.go), then a.go and b.go\n"
	return []sample{
		{rule: "walks", name: "all there", files: map[string]string{"send/doc.go": walk + "package send", "send/sender.go": "package send",
			"internal/udp/conn.go": "package udp", "internal/udp/gso_linux.go": "package udp", "a.go": "package m", "b.go": "package m"}},
		{rule: "walks", name: "a folder, its files and two others missing", want: 6,
			files: map[string]string{"send/doc.go": walk + "package send"}},
		{rule: "walks", name: "no walk", want: 1, files: map[string]string{"send/doc.go": "package send"}},
		{rule: "documents", name: "a stranger's document", want: 2, files: map[string]string{
			"a.go": "package p\n// See PLAN.md, D-12.\n", "README.md": "See docs/a.md.\n", "docs/a.md": "See ../README.md."}},
		{rule: "documents", name: "a stranger's folders", want: 2, files: goFile("a.go", "// In /home/me/x.\n// See ../shared/y.\n// Not https://a.b/home/x.\n")},
		{rule: "identifiers", name: "two of ours and one of theirs missing", want: 2, files: map[string]string{
			"send/a.go": "package send\ntype A struct { B int; C }\ntype C struct { D int }\nfunc (A) E() {}\nconst F = 1\n",
			comparison:  "Use `send.A{}`.\n| `send.X` | `send.A.B`, `send.A.D(send.F)`, `send.A.E`, send.X, `io.EOF` |\n| | `send.G`, `send.A.G` |\n"}},
		{rule: "dependencies", name: "one of two is written down", want: 1,
			files: map[string]string{"docs/decisions/0001-a.md": "We use `a.org/b` for c.\n"},
			goMod: "require (\n\ta.org/b v1.0.0\n\tc.org/d v1.0.0\n\te.org/f v1.0.0 // indirect\n)\n"},
	}
}
