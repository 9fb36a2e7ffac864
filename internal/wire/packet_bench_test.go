// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"testing"

	"github.com/gospead/spead"
)

// benchPacket makes a packet of the given size with some items.
func benchPacket(f spead.Flavour, size, items int) []byte {
	payload := size - PrefixSize - items*PointerSize
	b := AppendHeader(nil, f, SpecialCount+items)
	b = AppendSpecials(b, f, Specials{Cnt: 5, HeapLength: 1 << 20, PayloadOffset: 4096, PayloadLength: int64(payload)})
	for i := range items {
		b = AppendPointer(b, AddressPointer(f.HeapAddressBits(), spead.FirstAutoID+spead.ItemID(i), uint64(i)))
	}
	return append(b, make([]byte, payload)...)
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{1472, 9000} {
		for _, items := range []int{0, 3, 20} {
			b.Run(fmt.Sprintf("packet=%d/items=%d", size, items), func(b *testing.B) {
				packet := benchPacket(spead.Flavour{}, size, items)
				want := size - PrefixSize - items*PointerSize
				b.SetBytes(int64(size))
				b.ReportAllocs()
				var p Packet
				for b.Loop() {
					n, refusal := p.Decode(packet)
					if refusal != spead.Accepted || n != size || len(p.Payload) != want || p.PointerCount() != items || p.Cnt != 5 {
						b.Fatalf("decoded %v, %d bytes: %+v", refusal, n, p)
					}
				}
			})
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	dst := make([]byte, 0, PrefixSize)
	s := Specials{Cnt: 5, HeapLength: 1 << 20, PayloadOffset: 4096, PayloadLength: 1432}
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendSpecials(AppendHeader(dst[:0], spead.Flavour{}, SpecialCount), spead.Flavour{}, s)
		if len(dst) != PrefixSize {
			b.Fatalf("%d bytes", len(dst))
		}
	}
}
