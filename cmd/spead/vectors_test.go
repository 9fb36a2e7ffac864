// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/vectors"
)

// TestVectors lets the built command receive each capture of the shared vectors and compares with
// what spead2 made of it. SPEAD_VECTORS names another folder of the same form. In package recv, the
// test of this name does the same with the library.
func TestVectors(t *testing.T) {
	for _, v := range vectors.All(t, vectors.Stream) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			r := runBuilt(t, append([]string{"recv", v.Capture, "--json"}, v.Options.Flags()...)...)
			r.expect(t, exitOK, ``, ``)
			heaps, stats := readResult(t, r.out)
			vectors.Check(t, v, vectors.Result{Heaps: heaps, Stats: stats})
		})
	}
}

// readResult takes the lines of spead recv --json apart: heaps, and the numbers of the statistics at
// the end. It checks that these have every reason to refuse a packet, and add up.
func readResult(t *testing.T, output string) (heaps []json.RawMessage, numbers map[string]int64) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(output, "\n"), "\n")
	for _, line := range lines[:len(lines)-1] {
		heaps = append(heaps, json.RawMessage(line))
	}
	var last struct {
		Stats map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Stats == nil {
		t.Fatalf("the last line is %q: %v", lines[len(lines)-1], err)
	}
	numbers = map[string]int64{}
	for name, value := range last.Stats {
		var n int64
		if json.Unmarshal(value, &n) == nil {
			numbers[name] = n
		}
	}
	var refused map[string]int64
	if err := json.Unmarshal(last.Stats["refused"], &refused); err != nil {
		t.Fatal(err)
	}
	total := numbers["packets_accepted"]
	for reason := spead.Accepted + 1; reason < spead.RefusalCount; reason++ {
		n, ok := refused[reason.String()]
		if !ok {
			t.Errorf("the statistics lack packets refused as %v", reason)
		}
		total += n
	}
	if numbers["packets_seen"] != total {
		t.Errorf("%d packets were seen, and %d accepted or refused", numbers["packets_seen"], total)
	}
	return heaps, numbers
}
