// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

func TestTheSteadyStateAllocatesNothing(t *testing.T) {
	many := sketch{cnt: 1, length: 100, payload: 100}
	for i := range uint64(40) {
		many.pointers = append(many.pointers, wire.AddressPointer(48, spead.ItemID(0x1600+i), i), wire.ImmediatePointer(48, 0x1700, i))
	}
	tests := []struct {
		name    string
		cfg     Config
		packets [][]byte
	}{
		{"a heap in one packet", Config{}, heapPackets(t, 1, 1000)},
		{"a heap in many packets", Config{}, heapPackets(t, 1, 100000)},
		{"a heap out of order", Config{AllowOutOfOrder: true}, reversed(heapPackets(t, 1, 100000))},
		{"a heap with many items", Config{}, [][]byte{many.encode(t)}},
		{"heaps that evict others", Config{MaxHeaps: 1},
			slices.Concat(heapPackets(t, 1, 20000)[:1], heapPackets(t, 2, 20000)[:1])},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			placer := &poolPlacer{size: 100000}
			a := New(test.cfg, placer)
			var p wire.Packet
			items := 0
			run := func() {
				for h := receive(a, &p, test.packets); h != nil; h = a.Next() {
					for range h.Items() {
						items++
					}
					for range h.Missing() {
						items++
					}
					h.IsCtrl(spead.CtrlStop)
					placer.Free(h.TakePayload())
					a.Recycle(h)
				}
			}
			for range 3 {
				run()
			}
			if got := testing.AllocsPerRun(50, run); got != 0 {
				t.Errorf("%v allocations a run", got)
			}
			if items == 0 {
				t.Error("no heap was finished")
			}
		})
	}
}

func TestAnOddHeapLeavesNoMuchMemoryBehind(t *testing.T) {
	a := New(Config{AllowOutOfOrder: true}, &testPlacer{tb: t})
	for i := range int64(3000) {
		s := sketch{length: 10000, offset: 3 * i, payload: 1, pointers: []wire.Pointer{wire.ImmediatePointer(48, 0x1600, uint64(i))}}
		if refusal := a.Add(s.decode(t)); refusal != spead.Accepted {
			t.Fatal(refusal)
		}
	}
	a.Flush()
	h := a.Next()
	for range h.Items() {
		continue
	}
	a.Recycle(h)
	if cap(h.pointers.list) > keptPointers || cap(h.ranges) > keptRanges || cap(h.bytes) > keptPointers*wire.PointerSize || h.pointers.seen != nil {
		t.Errorf("kept: %d pointers, %d ranges, %d bytes", cap(h.pointers.list), cap(h.ranges), cap(h.bytes))
	}
}
