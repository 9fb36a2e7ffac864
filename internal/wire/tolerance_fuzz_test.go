// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"testing"

	"github.com/gospead/spead"
)

// FuzzDecodeTolerant checks that tolerance takes nothing away: what Decode takes is the same packet,
// what isn't allowed is refused, and what is taken lies within the datagram and its heap.
func FuzzDecodeTolerant(f *testing.F) {
	good := AppendSpecials(AppendHeader(nil, spead.Flavour{}, SpecialCount), spead.Flavour{},
		Specials{Cnt: 1, HeapLength: 20, PayloadOffset: 4, PayloadLength: 8})
	f.Add(append(good, make([]byte, 8)...), uint8(0))
	f.Add(append(good, make([]byte, 9)...), uint8(7))
	f.Add(append(bytes.Clone(good), make([]byte, 80)...), uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, allowed uint8) {
		var plain, p Packet
		size, refusal := plain.Decode(b)
		used, tolerant := p.DecodeTolerant(b, Tolerances(allowed))
		if used&^Tolerances(allowed) != 0 {
			t.Errorf("%b was used of %b", used, allowed)
		}
		if refusal == spead.Accepted && size == len(b) {
			if tolerant != spead.Accepted || used != 0 || p.Cnt != plain.Cnt || p.HeapLength != plain.HeapLength ||
				!bytes.Equal(p.Payload, plain.Payload) || !bytes.Equal(p.pointers, plain.pointers) {
				t.Errorf("a good packet was refused as %v, or changed", tolerant)
			}
			return
		}
		if tolerant != spead.Accepted {
			return
		}
		end := p.PayloadOffset + int64(len(p.Payload))
		if used == 0 || p.HeapLength != Unsized && end > p.HeapLength || p.PointerCount()*PointerSize > len(b) {
			t.Errorf("a bad packet was accepted: %+v, with %b", p, used)
		}
		if !bytes.HasSuffix(b, p.Payload) {
			t.Error("the payload isn't the end of the datagram")
		}
	})
}
