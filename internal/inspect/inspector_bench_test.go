// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"encoding/binary"
	"testing"

	"github.com/gospead/spead/internal/wire"
)

// BenchmarkAdd takes heaps of one packet with a counter and a payload: as many of them are looked at in a
// second as a stream may have.
func BenchmarkAdd(b *testing.B) {
	for _, c := range []struct {
		name    string
		packets int
		size    int
	}{{"8KiB heaps in single packets", 1, 8192}, {"1MiB heaps of 8KiB packets", 128, 8192}, {"1KiB heaps in single packets", 1, 1024}} {
		b.Run(c.name, func(b *testing.B) {
			in, packets := steady(b, c.packets, c.size)
			b.SetBytes(int64(c.size * c.packets))
			b.ReportAllocs()
			heap := uint64(0)
			for b.Loop() {
				heap++
				addHeap(in, packets, heap)
			}
		})
	}
}

// steady gives an Inspector that has seen some heaps, and the packets of one.
func steady(tb testing.TB, packets, size int) (in *Inspector, heap [][]byte) {
	in = newInspector(tb, Config{})
	for i := range packets {
		heap = append(heap, raw{
			length: int64(packets * size), offset: int64(i * size), payload: make([]byte, size),
			pointers: []wire.Pointer{immediate(0x1600, 0), wire.AddressPointer(40, 0x1000, 0)},
		}.packet())
	}
	for n := range uint64(200) {
		addHeap(in, heap, n)
	}
	return in, heap
}

// addHeap gives packets to an Inspector as the nth heap.
func addHeap(in *Inspector, packets [][]byte, n uint64) {
	for _, p := range packets {
		binary.BigEndian.PutUint64(p[8:], uint64(immediate(1, 1000+n)))
		binary.BigEndian.PutUint64(p[8+4*8:], uint64(immediate(0x1600, 4096*n)))
		in.Add(Datagram{Source: sender(), Destination: group(), Time: begin(), Payload: p})
	}
}

// TestTheSteadyStateAllocatesNothing has heaps of one packet and of several come.
func TestTheSteadyStateAllocatesNothing(t *testing.T) {
	for _, packets := range []int{1, 3} {
		in, heap := steady(t, packets, 1000)
		n := uint64(1000)
		if allocs := testing.AllocsPerRun(100, func() {
			n++
			addHeap(in, heap, n)
		}); allocs > 0 {
			t.Errorf("%v allocations for a heap of %d packets", allocs, packets)
		}
	}
}
