// SPDX-License-Identifier: Apache-2.0

package spead_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheREADMEShowsTheExamples makes sure that what the README shows compiles: its Go code is part
// of a function in the examples.
func TestTheREADMEShowsTheExamples(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var examples []byte
	for _, name := range []string{"send/example_send_test.go", "recv/example_recv_test.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		examples = append(examples, text...)
	}
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(snippets) < 2 {
		t.Errorf("%d snippets, expected 2 or more", len(snippets))
	}
	for _, snippet := range snippets {
		var indented strings.Builder
		for line := range strings.Lines(string(snippet[1])) {
			if line != "\n" {
				indented.WriteByte('\t')
			}
			indented.WriteString(line)
		}
		if !strings.Contains(string(examples), indented.String()) {
			t.Errorf("no example has\n%s", snippet[1])
		}
	}
}
