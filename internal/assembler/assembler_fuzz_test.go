// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// FuzzAssembler gives packets found one after the other in arbitrary bytes to the assembler and to
// the model.
func FuzzAssembler(f *testing.F) {
	seeds := []sketch{
		{cnt: 1, length: 8, payload: 8},
		{cnt: 1, length: 20, payload: 8, pointers: []wire.Pointer{wire.AddressPointer(48, 0x1600, 4)}},
		{cnt: 1, length: 20, offset: 8, payload: 12},
		{cnt: 2, length: wire.Unsized, payload: 4, pointers: []wire.Pointer{wire.ImmediatePointer(48, 6, 2)}},
		{cnt: 2, length: wire.Unsized, offset: 12, payload: 4, bits: 40},
		{cnt: 2, length: wire.Unsized, offset: 2, payload: 9},
	}
	var all []byte
	for _, s := range seeds {
		all = append(all, s.encode(f)...)
		f.Add(s.encode(f), uint8(len(all)))
		f.Add(all, uint8(1))
		f.Add(all, uint8(6))
	}
	f.Fuzz(func(t *testing.T, b []byte, flags uint8) {
		w := newTwin(t, Config{
			MaxHeaps:          1 + int(flags>>4&3),
			Substreams:        1 + int(flags>>6&1),
			AllowOutOfOrder:   flags&1 != 0,
			RequireHeapLength: flags&2 != 0,
			KeepStop:          flags&4 != 0,
			MergeOverlaps:     flags&8 != 0,
			MaxHeapLength:     1 << 12,
			MaxItems:          20,
			MaxRanges:         5,
		})
		w.seen = func(h *Heap) {
			for d := range h.Descriptors() {
				if d.ID == 0 {
					t.Error("a descriptor without id")
				}
			}
		}
		for len(b) > 0 {
			var p wire.Packet
			size, refusal := p.Decode(b)
			if refusal != spead.Accepted {
				b = b[1:]
				continue
			}
			w.add(&p)
			b = b[size:]
		}
		w.flush()
	})
}
