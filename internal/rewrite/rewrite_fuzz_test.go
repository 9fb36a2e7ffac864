// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// FuzzApply rewrites any bytes: what isn't named stays as it is, to the byte, and to add the opposite
// brings all back.
func FuzzApply(f *testing.F) {
	for _, addressBits := range []int{8, 24, 40, 48, 56} {
		f.Add(packet(addressBits, 1, 2, 3, 4), uint64(0x16), uint64(1))
		f.Add(packet(addressBits, 255, 255), uint64(1), uint64(1)<<addressBits-1)
	}
	f.Fuzz(func(t *testing.T, b []byte, id, add uint64) {
		got := slices.Clone(b)
		changed, addressed := Apply(got, []Change{{spead.ItemID(id), add}})
		if changed < 0 || addressed < 0 || changed > 0 && len(got) < wire.HeaderSize {
			t.Fatal(changed, addressed)
		}
		var p wire.Packet
		_, before := p.Decode(b)
		bits := p.AddressBits
		_, after := p.Decode(got)
		if id > uint64(spead.PayloadLengthID) && before != after {
			t.Fatalf("%v became %v", before, after)
		}
		for i := range b {
			inPointers := i >= wire.HeaderSize && before == spead.Accepted && i < len(b)-len(p.Payload)
			if b[i] != got[i] && (!inPointers || (i%8) < 8-bits/8) {
				t.Fatalf("byte %d changed", i)
			}
		}
		if id != uint64(spead.HeapCntID) && id <= uint64(spead.PayloadLengthID) {
			return
		}
		Apply(got, []Change{{spead.ItemID(id), -add}})
		if !bytes.Equal(got, b) {
			t.Fatalf("% x became % x", b, got)
		}
	})
}
