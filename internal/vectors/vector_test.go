// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoadFindsEveryPublicVector(t *testing.T) {
	t.Setenv(environment, "")
	dir, err := Dir()
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	count := map[Kind]int{}
	for _, v := range loaded {
		count[v.Kind]++
		if v.Description == "" || v.Options.MaxHeaps == 0 || v.Options.Substreams == 0 {
			t.Errorf("%s: description or options are missing", v.Name)
		}
	}
	if diff := cmp.Diff(map[Kind]int{Stream: 111, Chunk: 15}, count); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A vector's `errors` say again which heaps have `error`.
func TestErrorsAreThoseOfTheHeaps(t *testing.T) {
	for _, v := range public(t) {
		var doc struct{ Errors []struct{ Heap int } }
		if err := decode(v.Document, &doc); err != nil {
			t.Fatal(err)
		}
		var listed, marked []int
		for _, e := range doc.Errors {
			listed = append(listed, e.Heap)
		}
		for i, h := range v.heaps {
			if h.Error {
				marked = append(marked, i)
			}
		}
		if diff := cmp.Diff(listed, marked); diff != "" {
			t.Errorf("%s: (-errors +heaps):\n%s", v.Name, diff)
		}
	}
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"a folder without vectors", map[string]string{"README.md": ""}, "none in"},
		{"a document that isn't JSON", map[string]string{"a.json": "{", "a.pcap": ""}, "a.json"},
		{"a vector without capture", map[string]string{"a.json": "{}"}, "a.json"},
		{"a vector of unknown kind", map[string]string{"a.json": `{"kind":"x"}`, "a.pcap": ""}, "x"},
		{"a stream vector without heaps' statistics", map[string]string{
			"a.json": `{"kind":"stream","final_group":[]}`, "a.pcap": "",
		}, "stats"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range test.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestOptionsBecomeFlags(t *testing.T) {
	plain := Options{MaxHeaps: 4, Substreams: 1, StopOnStopItem: true, AllowUnsizedHeaps: true, ContiguousOnly: true}
	want := []string{"--max-heaps", "4", "--substreams", "1", "--bug-compat", "0"}
	if diff := cmp.Diff(want, plain.Flags()); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	other := Options{
		MaxHeaps: 2, Substreams: 3, BugCompat: 7,
		AllowOutOfOrder: true, IncompleteKeepPayloadRanges: true, Filter: "udp dst port 8888",
	}
	want = []string{
		"--max-heaps", "2", "--substreams", "3", "--bug-compat", "7", "--keep-stop", "--require-heap-length",
		"--out-of-order", "--incomplete", "--payload-ranges", "--filter", "udp dst port 8888",
	}
	if diff := cmp.Diff(want, other.Flags()); diff != "" {
		t.Errorf("all flags (-want +got):\n%s", diff)
	}
}
