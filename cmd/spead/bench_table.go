// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"

	"github.com/gospead/spead/internal/bench"
)

// benchTable prints results as they come, or all together as JSON.
type benchTable struct {
	c        console
	asJSON   bool
	withPeer bool
	results  []bench.Result
}

func newBenchTable(c console, o *benchSend) *benchTable {
	t := &benchTable{c: c, asJSON: o.json, withPeer: o.Peer != ""}
	if t.asJSON {
		return t
	}
	fmt.Fprintf(c.out, "%10s %10s %19s %9s", "heap size", "MB/s", "min - max", "CPU s/GB")
	if t.withPeer {
		fmt.Fprintf(c.out, " %10s %9s %7s %13s %7s", "peer MB/s", "CPU s/GB", "ratio", "min - max", "CPU")
	}
	fmt.Fprintln(c.out)
	return t
}

func (t *benchTable) add(r bench.Result) {
	t.results = append(t.results, r)
	if t.asJSON {
		return
	}
	fmt.Fprintf(t.c.out, "%10s %10.0f %9.0f-%9.0f %9.3f", formatSize(r.HeapSize), r.BytesPerSecond/1e6,
		r.Lowest/1e6, r.Highest/1e6, r.Processor)
	if t.withPeer {
		fmt.Fprintf(t.c.out, " %10.0f %9.3f %7.2f %6.2f-%6.2f %7.2f", r.PeerBytesPerSecond/1e6, r.PeerProcessor,
			r.Ratio, r.RatioLowest, r.RatioHighest, r.ProcessorRatio)
	}
	fmt.Fprintln(t.c.out)
}

func (t *benchTable) end() error {
	if !t.asJSON {
		return nil
	}
	return json.NewEncoder(t.c.out).Encode(map[string]any{"results": t.results})
}
