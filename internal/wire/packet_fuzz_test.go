// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"testing"

	"github.com/gospead/spead"
)

// FuzzDecode compares Decode with the slow way, and encodes again what it accepted.
func FuzzDecode(f *testing.F) {
	f.Add(benchPacket(spead.Flavour{}, 100, 3))
	for _, packets := range vectorPackets(f) {
		for _, b := range packets {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, refusal := checkDecode(t, b)
		if refusal != spead.Accepted || p.HeapLength == Unsized || p.PointerCount() > MaxPointers-SpecialCount {
			return
		}
		fl, err := spead.NewFlavour(p.AddressBits, 0)
		if err != nil {
			t.Fatal(err)
		}
		again := AppendHeader(nil, fl, SpecialCount+p.PointerCount())
		again = AppendSpecials(again, fl, Specials{p.Cnt, p.HeapLength, p.PayloadOffset, int64(len(p.Payload))})
		for i := range p.PointerCount() {
			again = AppendPointer(again, p.Pointer(i))
		}
		again = append(again, p.Payload...)
		q, refusal := checkDecode(t, again)
		if refusal != spead.Accepted || q.Cnt != p.Cnt || q.HeapLength != p.HeapLength || q.PayloadOffset != p.PayloadOffset ||
			string(q.Payload) != string(p.Payload) || string(q.pointers) != string(p.pointers) {
			t.Fatalf("%+v became %v, %+v", p, refusal, q)
		}
	})
}
