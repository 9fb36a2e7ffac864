// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/gospead/spead/internal/vectors"
)

func TestVectors(t *testing.T) {
	for _, v := range vectors.All(t, vectors.Stream) {
		t.Run(v.Name, func(t *testing.T) {
			var out, remarks bytes.Buffer
			args := append([]string{"recv", v.Capture, "--json"}, v.Options.Flags()...)
			if code := run(args, console{&out, &remarks}); code != exitOK {
				t.Fatalf("exit code %d: %s", code, remarks.String())
			}
			vectors.Check(t, v, readResult(t, out.Bytes()))
		})
	}
}

// readResult takes the lines of spead recv --json apart: heaps, and statistics at the end.
func readResult(t *testing.T, output []byte) vectors.Result {
	t.Helper()
	lines := bytes.Split(bytes.TrimSuffix(output, []byte("\n")), []byte("\n"))
	var last struct {
		Stats map[string]json.RawMessage
	}
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil || last.Stats == nil {
		t.Fatalf("the last line is %q: %v", lines[len(lines)-1], err)
	}
	r := vectors.Result{Stats: map[string]int64{}}
	for name, value := range last.Stats {
		var n int64
		if json.Unmarshal(value, &n) == nil {
			r.Stats[name] = n
		}
	}
	for _, line := range lines[:len(lines)-1] {
		r.Heaps = append(r.Heaps, line)
	}
	return r
}
