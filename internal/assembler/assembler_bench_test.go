// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// poolPlacer has buffers of one size, used again and again.
type poolPlacer struct {
	size int
	free [][]byte
}

func (p *poolPlacer) Place(_ *wire.Packet, _ *Heap, need int64) ([]byte, spead.Refusal) {
	if need > int64(p.size) {
		return nil, spead.RefusedMemoryLimit
	}
	n := len(p.free)
	if n == 0 {
		return make([]byte, p.size), spead.Accepted
	}
	b := p.free[n-1]
	p.free = p.free[:n-1]
	return b, spead.Accepted
}

func (p *poolPlacer) Free(b []byte) { p.free = append(p.free, b) }

// heapPackets gives a heap with two items as packets of at most 9000 bytes.
func heapPackets(tb testing.TB, cnt spead.HeapCnt, length int) (packets [][]byte) {
	for offset := 0; offset < length; {
		s := sketch{cnt: cnt, length: int64(length), offset: int64(offset)}
		if offset == 0 {
			s.pointers = []wire.Pointer{wire.AddressPointer(48, 0x1600, 0), wire.ImmediatePointer(48, 0x1601, 7)}
		}
		s.payload = min(9000-wire.PrefixSize-len(s.pointers)*wire.PointerSize, length-offset)
		packets = append(packets, s.encode(tb))
		offset += s.payload
	}
	return packets
}

// receive takes a heap's packets through decoding and assembly, and gives the heap's item.
func receive(a *Assembler, p *wire.Packet, packets [][]byte) *Heap {
	for _, b := range packets {
		if _, refusal := p.Decode(b); refusal != spead.Accepted {
			return nil
		}
		if a.Add(p) != spead.Accepted {
			return nil
		}
	}
	return a.Next()
}

// reversed gives the packets in pairs of which the second comes first.
func reversed(packets [][]byte) [][]byte {
	for i := 0; i+1 < len(packets); i += 2 {
		packets[i], packets[i+1] = packets[i+1], packets[i]
	}
	return packets
}

func BenchmarkAssemble(b *testing.B) {
	for _, order := range []string{"in order", "out of order"} {
		for _, length := range []int{8 << 10, 64 << 10, 4 << 20} {
			b.Run(fmt.Sprintf("%s/%d KiB", order, length>>10), func(b *testing.B) {
				packets := heapPackets(b, 1, length)
				if order != "in order" {
					packets = reversed(packets)
				}
				placer := &poolPlacer{size: length}
				a := New(Config{AllowOutOfOrder: order != "in order"}, placer)
				want := content(1, 0, length)
				var p wire.Packet
				b.SetBytes(int64(length))
				b.ReportAllocs()
				for b.Loop() {
					h := receive(a, &p, packets)
					if h == nil || h.Received() != int64(length) {
						b.Fatal("the heap isn't complete")
					}
					b.StopTimer()
					if !bytes.Equal(h.Contents(), want) {
						b.Fatal("the content differs")
					}
					clear(h.Contents())
					b.StartTimer()
					placer.Free(h.TakePayload())
					a.Recycle(h)
				}
				b.ReportMetric(float64(len(packets)*b.N)/b.Elapsed().Seconds(), "packets/s")
			})
		}
	}
}

// BenchmarkScattered is what a sender can do at worst: packets of a byte, each in a gap of its own,
// from the end to the beginning.
func BenchmarkScattered(b *testing.B) {
	const length = 2 * defaultMaxRanges
	var packets [][]byte
	for offset := int64(length) - 2; offset >= 0; offset -= 2 {
		packets = append(packets, sketch{cnt: 1, length: length, offset: offset, payload: 1}.encode(b))
	}
	placer := &poolPlacer{size: length}
	a := New(Config{AllowOutOfOrder: true}, placer)
	var p wire.Packet
	for b.Loop() {
		receive(a, &p, packets)
		a.Flush()
		h := a.Next()
		if h.Received() != length/2 {
			b.Fatalf("received %d", h.Received())
		}
		placer.Free(h.TakePayload())
		a.Recycle(h)
	}
	b.ReportMetric(float64(len(packets)*b.N)/b.Elapsed().Seconds(), "packets/s")
}
