// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/gospead/spead/placement"
	"github.com/gospead/spead/recv"
)

// FuzzParse: whatever a description says, it is refused, or it makes chunks that its heaps fit into.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"heap_bytes": 8, "indices": [{"item": "0x1600", "count": 4, "endless": true}, {"item": 2, "values": [3, 5]}]}`), int64(7))
	f.Add([]byte(`{"heap_bytes": 8, "packet_bytes": 3, "indices": [{"item": 4, "step": 3, "floor": true, "count": 4, "endless": true, "stride": 99},
		{"stream": true, "count": 2, "modulo": 3}], "side": [{"item": 5, "shift": 3}]}`), int64(-1))
	f.Fuzz(func(t *testing.T, text []byte, value int64) {
		spec, err := placement.Parse(text)
		if err != nil {
			return
		}
		plan, err := spec.Compile()
		if err != nil {
			return
		}
		again, err := json.Marshal(spec)
		if err != nil {
			t.Fatal(err)
		}
		reread, err := placement.Parse(again)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := json.Marshal(reread); err != nil || !bytes.Equal(again, twice) {
			t.Fatalf("%s was read as %s (%v)", again, twice, err)
		}
		var cfg recv.ChunkConfig
		plan.Configure(&cfg)
		p := recv.Placement{HeapLength: spec.HeapBytes, ChunkID: -1, Extra: make([]byte, cfg.MaxExtra)}
		for range cfg.Items {
			p.Items = append(p.Items, max(value>>7, -1))
		}
		plan.Place(&p)
		if p.ChunkID >= 0 && (p.HeapOffset < 0 || p.HeapOffset+spec.HeapBytes > int64(plan.ChunkBytes()) || p.HeapIndex < 0 || p.HeapIndex >= plan.Places()) {
			t.Fatalf("outside of the chunk: %+v", p)
		}
	})
}
