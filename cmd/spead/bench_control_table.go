// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"

	"github.com/gospead/spead/internal/bench/remote"
	"github.com/gospead/spead/internal/bench/search"
)

// controlTable prints runs as they come, or all together as JSON.
type controlTable struct {
	c       console
	command string
	options *benchControl
	results []*controlResult
}

// controlResult is what was found for one heap size.
type controlResult struct {
	Setup     remote.Setup `json:"setup"`
	Criterion string       `json:"criterion"`
	// Found says that a rate was sustained: Asked, 0 for as fast as the sender can, at which at least Rate
	// was reached. Lossy is the lowest rate above that lost something, 0 if none did: then the sender, or
	// --highest, is the limit.
	Found bool          `json:"found"`
	Asked float64       `json:"asked_bytes_per_second"`
	Rate  float64       `json:"sustained_bytes_per_second"`
	Lossy float64       `json:"lossy_bytes_per_second"`
	Runs  []remote.Step `json:"runs"`
}

func newControlTable(c console, o *benchControl) *controlTable {
	return &controlTable{c: c, command: "spead bench " + o.name, options: o}
}

// begin begins a heap size.
func (t *controlTable) begin(size int64) {
	o := t.options
	r := &controlResult{Setup: o.Setup, Runs: []remote.Step{},
		Criterion: fmt.Sprintf("no heap lost in %d runs of %v in a row", o.search.Runs, o.Duration)}
	t.results = append(t.results, r)
	if o.json {
		return
	}
	fmt.Fprintf(t.c.out, "heaps of %s in packets of up to %d bytes; sustained is: %s\n", formatSize(size), o.Setup.PacketSize, r.Criterion)
	fmt.Fprintf(t.c.out, "%12s %9s %5s %9s %10s  %s\n", "asked Gb/s", "Gb/s", "run", "heaps", "verdict", "lost")
}

// step prints a run.
func (t *controlTable) step(s remote.Step) {
	r := t.results[len(t.results)-1]
	r.Runs = append(r.Runs, s)
	text := fmt.Sprintf("%12s %9.4f %5d %9d %10s  %s", askedRate(s.Asked), s.Rate*8e-9, s.Run, s.Sent.Heaps, s.Verdict, s.Loss)
	switch {
	case !t.options.json:
		fmt.Fprintln(t.c.out, text)
	case isTerminal(t.c.remarks):
		t.c.remark("%s", text)
	}
}

func askedRate(rate float64) string {
	if rate == 0 {
		return "unlimited"
	}
	return fmt.Sprintf("%.4f", rate*8e-9)
}

// end ends a heap size. An error says that nothing was sustained.
func (t *controlTable) end(found search.Result) error {
	r := t.results[len(t.results)-1]
	if t.options.rate > 0 {
		found = search.Result{Asked: t.options.rate}
		lossy := 0
		for i, s := range r.Runs {
			if s.Loss.Heaps > 0 {
				lossy++
				found.Lossy = found.Asked
			}
			if i == 0 || s.Rate < found.Rate {
				found.Rate = s.Rate
			}
		}
		if found.Found = lossy == 0 && len(r.Runs) > 0; lossy > 0 {
			r.Asked, r.Lossy = found.Asked, found.Lossy
			return fmt.Errorf("heaps of %s: %d of %d runs lost something", formatSize(r.Setup.HeapSize), lossy, len(r.Runs))
		}
	}
	r.Found, r.Asked, r.Rate, r.Lossy = found.Found, found.Asked, found.Rate, found.Lossy
	if !r.Found {
		return fmt.Errorf("heaps of %s: no rate was found to be sustained", formatSize(r.Setup.HeapSize))
	}
	if !t.options.json {
		limit := "nothing faster was tried"
		if r.Lossy > 0 {
			limit = fmt.Sprintf("%.4f is not", r.Lossy*8e-9)
		}
		fmt.Fprintf(t.c.out, "%s: %.4f Gb/s is sustained (asked for: %s); %s\n\n", formatSize(r.Setup.HeapSize), r.Rate*8e-9, askedRate(r.Asked), limit)
	}
	return nil
}

// finish prints the whole.
func (t *controlTable) finish() error {
	if !t.options.json {
		return nil
	}
	return json.NewEncoder(t.c.out).Encode(map[string]any{"results": t.results})
}
