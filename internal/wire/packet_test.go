// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/gospead/spead"
)

// obvious is what a packet means, decoded one pointer after the other without any shortcut.
type obvious struct {
	cnt, heapLength, offset int64
	payload                 []byte
	pointers                []Pointer
}

// decodeObviously decodes a packet the slow way.
func decodeObviously(b []byte) (o obvious, size int, refusal spead.Refusal) {
	switch {
	case len(b) < 8:
		return o, 0, spead.RefusedShortHeader
	case b[0] != 0x53 || b[1] != 4:
		return o, 0, spead.RefusedBadMagic
	case b[2] == 0 || b[3] == 0 || int(b[2])+int(b[3]) != 8:
		return o, 0, spead.RefusedBadFlavour
	}
	count, bits := int(b[6])<<8|int(b[7]), int(b[3])*8
	if 8+8*count > len(b) {
		return o, 0, spead.RefusedShortPointers
	}
	special := map[spead.ItemID]int64{}
	for i := range count {
		p := Pointer(binary.BigEndian.Uint64(b[8+8*i:]))
		if p.Immediate() && p.ID(bits) >= 1 && p.ID(bits) <= 4 {
			special[p.ID(bits)] = int64(p.Value(bits))
			if len(o.pointers) == 0 {
				continue
			}
		}
		o.pointers = append(o.pointers, p)
	}
	length, ok := special[spead.PayloadLengthID]
	for _, id := range []spead.ItemID{spead.HeapCntID, spead.PayloadOffsetID} {
		_, has := special[id]
		ok = ok && has
	}
	if !ok {
		return o, 0, spead.RefusedMissingItem
	}
	if length > int64(len(b)-8-8*count) {
		return o, 0, spead.RefusedShortPayload
	}
	o.cnt, o.offset, o.heapLength = special[spead.HeapCntID], special[spead.PayloadOffsetID], -1
	if heapLength, has := special[spead.HeapLengthID]; has {
		if o.heapLength = heapLength; o.offset+length > heapLength {
			return o, 0, spead.RefusedPastHeap
		}
	}
	o.payload = b[8+8*count:][:length]
	return o, 8 + 8*count + int(length), spead.Accepted
}

// checkDecode compares Decode with the slow way.
func checkDecode(tb testing.TB, b []byte) (p Packet, refusal spead.Refusal) {
	tb.Helper()
	want, wantSize, wantRefusal := decodeObviously(b)
	p = Packet{HeapLength: 99, Payload: []byte("stale"), pointers: []byte("pointer.")}
	size, refusal := p.Decode(b)
	if size != wantSize || refusal != wantRefusal {
		tb.Fatalf("% x: %d bytes, %v; want %d, %v", b, size, refusal, wantSize, wantRefusal)
	}
	if refusal != spead.Accepted {
		return p, refusal
	}
	if int64(p.Cnt) != want.cnt || p.HeapLength != want.heapLength || p.PayloadOffset != want.offset ||
		!bytes.Equal(p.Payload, want.payload) || p.PointerCount() != len(want.pointers) {
		tb.Fatalf("% x: %+v, want %+v", b, p, want)
	}
	for i, pointer := range want.pointers {
		if p.Pointer(i) != pointer {
			tb.Fatalf("% x: pointer %d is %x, want %x", b, i, p.Pointer(i), pointer)
		}
	}
	return p, refusal
}

func TestDecodeRefusesWithTheReason(t *testing.T) {
	const head = "5304 0206 0000 "
	for _, test := range []struct {
		name, packet string
		want         spead.Refusal
	}{
		{"no byte", "", spead.RefusedShortHeader},
		{"seven bytes", "53040206000000", spead.RefusedShortHeader},
		{"seven bytes of another protocol", "00000000000000", spead.RefusedShortHeader},
		{"another magic", "5404020600000000", spead.RefusedBadMagic},
		{"another version", "5303020600000000", spead.RefusedBadMagic},
		{"magic and version swapped", "0453020600000000", spead.RefusedBadMagic},
		{"no item id", "5304000800000000", spead.RefusedBadFlavour},
		{"no heap address", "5304080000000000", spead.RefusedBadFlavour},
		{"widths of 9 bytes", "5304030600000000", spead.RefusedBadFlavour},
		{"widths of 4 bytes", "5304020200000000", spead.RefusedBadFlavour},
		{"widths that add up in 8 bits only", "53048a7e00000000", spead.RefusedBadFlavour},
		{"a pointer missing", head + "0001", spead.RefusedShortPointers},
		{"a pointer cut short", head + "0001 80010000000000", spead.RefusedShortPointers},
		{"no pointers", head + "0000", spead.RefusedMissingItem},
		{"no HEAP_CNT", head + "0003 8002000000000001 8003000000000000 8004000000000001 00", spead.RefusedMissingItem},
		{"no PAYLOAD_OFFSET", head + "0003 8001000000000001 8002000000000001 8004000000000001 00", spead.RefusedMissingItem},
		{"no PAYLOAD_LENGTH", head + "0003 8001000000000001 8002000000000001 8003000000000000 00", spead.RefusedMissingItem},
		{"addressed HEAP_CNT", head + "0004 0001000000000001 8002000000000001 8003000000000000 8004000000000001 00", spead.RefusedMissingItem},
		{"a byte of payload missing", head + "0004 8001000000000001 8002000000000002 8003000000000000 8004000000000002 00", spead.RefusedShortPayload},
		{"an absurd payload", head + "0004 8001000000000001 8002ffffffffffff 8003000000000000 8004ffffffffffff 00", spead.RefusedShortPayload},
		{"payload one past the heap", head + "0004 8001000000000001 8002000000000001 8003000000000001 8004000000000001 00", spead.RefusedPastHeap},
		{"an absurd offset", head + "0004 8001000000000001 8002000000000001 8003ffffffffffff 8004000000000001 00", spead.RefusedPastHeap},
		{"an absurd offset in 64-56", "5304 0107 0000 0004 8100000000000001 82ffffffffffffff 83ffffffffffffff 8400000000000001 00", spead.RefusedPastHeap},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, got := checkDecode(t, unhex(t, test.packet)); got != test.want {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

func TestDecodeAcceptsWhatSpead2Accepts(t *testing.T) {
	const specials = "8001000000000005 8002000000000003 8003000000000001 8004000000000002 "
	for _, test := range []struct {
		name, packet string
		want         Packet
	}{
		{"specials alone", "5304020600000004" + specials + "aabb", Packet{HeapLength: 3}},
		{"reserved bits set", "53040206ffff0004" + specials + "aabb", Packet{HeapLength: 3}},
		{"specials backwards", "5304020600000004 8004000000000002 8003000000000001 8002000000000003 8001000000000005 aabb", Packet{HeapLength: 3}},
		{"no HEAP_LENGTH", "5304020600000003 8001000000000005 8003000000000001 8004000000000002 aabb", Packet{HeapLength: Unsized}},
		{"addressed HEAP_LENGTH", "5304020600000004 8001000000000005 0002000000000003 8003000000000001 8004000000000002 aabb",
			Packet{HeapLength: Unsized, pointers: unhex(t, "0002000000000003 8003000000000001 8004000000000002")}},
		{"ordinary pointers", "5304020600000006" + specials + "1000000000000000 9000000000000000 aabb",
			Packet{HeapLength: 3, pointers: unhex(t, "1000000000000000 9000000000000000")}},
		{"a special after them that changes it", "5304020600000006" + specials + "1000000000000000 8002000000000004 aabb",
			Packet{HeapLength: 4, pointers: unhex(t, "1000000000000000 8002000000000004")}},
		{"ordinary pointers first", "5304020600000005 1000000000000000" + specials + "aabb",
			Packet{HeapLength: 3, pointers: unhex(t, "1000000000000000"+specials)}},
		{"repeated specials, of which the last counts", "5304020600000005 8001000000000009" + specials + "aabb", Packet{HeapLength: 3}},
		{"bytes after the packet", "5304020600000004" + specials + "aabb cc", Packet{HeapLength: 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, refusal := checkDecode(t, unhex(t, test.packet))
			if refusal != spead.Accepted || got.AddressBits != 48 || got.Cnt != 5 || got.PayloadOffset != 1 ||
				string(got.Payload) != "\xaa\xbb" || got.HeapLength != test.want.HeapLength || !bytes.Equal(got.pointers, test.want.pointers) {
				t.Errorf("%v: %+v", refusal, got)
			}
		})
	}
}

func TestEveryPrefixOfAGoodPacketIsRefused(t *testing.T) {
	good := 0
	for file, packets := range vectorPackets(t) {
		for i, b := range packets {
			var p Packet
			size, refusal := p.Decode(b)
			if refusal != spead.Accepted {
				continue
			}
			good++
			pointersEnd := size - len(p.Payload)
			for n := range size {
				want := spead.RefusedShortPayload
				if n < HeaderSize {
					want = spead.RefusedShortHeader
				} else if n < pointersEnd {
					want = spead.RefusedShortPointers
				}
				if size, got := p.Decode(b[:n:n]); got != want || size != 0 {
					t.Fatalf("%s: packet %d cut to %d bytes: %v, want %v", file, i, n, got, want)
				}
			}
		}
	}
	if good < 1000 && os.Getenv("SPEAD_VECTORS") == "" {
		t.Errorf("only %d good packets in the vectors", good)
	}
}

func TestVectorsDecodeAsTheSlowWay(t *testing.T) {
	for _, packets := range vectorPackets(t) {
		for _, b := range packets {
			checkDecode(t, b)
		}
	}
}

func TestDecodingUndoesEncoding(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var b []byte
	for range 20000 {
		f := flavour(t, 8*(1+r.IntN(7)), 0)
		bits := f.HeapAddressBits()
		payload := make([]byte, r.IntN(20))
		pointers := make([]Pointer, r.IntN(6))
		for i := range pointers {
			pointers[i] = Pointer(r.Uint64())
			if pointers[i].Immediate() && pointers[i].ID(bits)-1 < spead.PayloadLengthID {
				pointers[i] = AddressPointer(bits, spead.NullID, 1)
			}
		}
		s := Specials{Cnt: spead.HeapCnt(r.Uint64N(f.MaxImmediate() + 1)), PayloadLength: int64(len(payload))}
		s.PayloadOffset = r.Int64N(int64(f.MaxImmediate()) - s.PayloadLength + 1)
		s.HeapLength = s.PayloadOffset + s.PayloadLength
		b = AppendSpecials(AppendHeader(b[:0], f, SpecialCount+len(pointers)), f, s)
		for _, p := range pointers {
			b = AppendPointer(b, p)
		}
		b = append(b, payload...)

		p, refusal := checkDecode(t, b)
		if refusal != spead.Accepted || p.AddressBits != bits || p.Cnt != s.Cnt || p.HeapLength != s.HeapLength ||
			p.PayloadOffset != s.PayloadOffset || !bytes.Equal(p.Payload, payload) || p.PointerCount() != len(pointers) {
			t.Fatalf("%v: %+v, %v became %v, %+v", f, s, pointers, refusal, p)
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	var p Packet
	packet := benchPacket(spead.Flavour{}, 1472, 5)
	if allocs := testing.AllocsPerRun(100, func() { p.Decode(packet) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
