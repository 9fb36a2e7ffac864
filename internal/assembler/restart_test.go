// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// slab places every heap in new memory.
type slab struct{}

func (slab) Place(_ *wire.Packet, h *Heap, need int64) ([]byte, spead.Refusal) {
	return make([]byte, max(need, h.Length())), spead.Accepted
}

func (slab) Free([]byte) {}

func TestAHeapThatBeginsAgainEvictsTheOneBefore(t *testing.T) {
	for _, maxHeaps := range []int{1, 4} {
		for _, outOfOrder := range []bool{false, true} {
			a := New(Config{MaxHeaps: maxHeaps, AllowOutOfOrder: outOfOrder, RepeatedCnt: true, MaxHeapLength: 200}, slab{})
			add := func(length, offset int64, payload int, want spead.Refusal) {
				t.Helper()
				p := &wire.Packet{AddressBits: 40, Cnt: 7, HeapLength: length, PayloadOffset: offset, Payload: make([]byte, payload)}
				if got := a.Add(p); got != want {
					t.Errorf("packet at %d of %d: %v, want %v", offset, length, got, want)
				}
			}
			add(100, 0, 40, spead.Accepted)
			add(100, 0, 30, spead.Accepted)
			add(120, 0, 30, spead.Accepted)
			add(120, 30, 90, spead.Accepted)
			add(100, 0, 40, spead.Accepted)
			add(300, 0, 40, spead.RefusedHeapLimit)
			add(100, 40, 60, spead.Accepted)
			var ends []End
			for h := a.Next(); h != nil; h = a.Next() {
				ends = append(ends, h.End())
			}
			if want := []End{Evicted, Evicted, Completed, Completed}; len(ends) != 4 || [4]End(ends) != [4]End(want) {
				t.Errorf("heaps ended as %v, want %v", ends, want)
			}
			c := a.Counters()
			if c.HeapsRestarted != 2 || c.HeapsStarted != c.HeapsCompleted+c.HeapsEvicted || c.LiveHeaps != 0 || c.LiveBytes != 0 {
				t.Errorf("counters: %+v", c)
			}
		}
	}
}
