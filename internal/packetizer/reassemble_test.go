// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// reassembled is a heap put together again from its packets.
type reassembled struct {
	packets  [][]byte
	payload  []byte
	pointers []wire.Pointer
}

// packetize gives the packets of a heap, and checks what the cursor says of them.
func packetize(tb testing.TB, h *Heap, cnt spead.HeapCnt, packetSize int) (packets [][]byte) {
	tb.Helper()
	var c Cursor
	if err := c.start(h, cnt, Cut{MaxPacketSize: packetSize}); err != nil {
		tb.Fatalf("packets of %d bytes: %v", packetSize, err)
	}
	if err := h.check(cnt, Cut{MaxPacketSize: packetSize}); err != nil {
		tb.Fatalf("packets of %d bytes: started, but not with %v", packetSize, err)
	}
	var d wire.Datagram
	for c.More() {
		if !c.Next(&d) {
			tb.Fatalf("no packet %d although there is more", len(packets))
		}
		packet := d.AppendTo(nil)
		if len(packet) != d.Size || len(packet) > packetSize {
			tb.Fatalf("packet %d has %d bytes, is said to have %d, may have %d", len(packets), len(packet), d.Size, packetSize)
		}
		for _, piece := range d.Payload {
			if len(piece) == 0 {
				tb.Fatalf("packet %d has an empty piece", len(packets))
			}
		}
		packets = append(packets, packet)
	}
	if c.Next(&d) || d.Size != 0 || len(d.Header) != 0 || len(d.Payload) != 0 {
		tb.Fatalf("a packet after the last: %+v", d)
	}
	return packets
}

// reassemble packetizes a heap and puts it together again, and checks the rules for each packet.
func reassemble(tb testing.TB, h *Heap, cnt spead.HeapCnt, packetSize int) (r reassembled) {
	tb.Helper()
	r.packets = packetize(tb, h, cnt, packetSize)
	for i, b := range r.packets {
		var p wire.Packet
		size, refusal := p.Decode(b)
		if refusal != spead.Accepted || size != len(b) {
			tb.Fatalf("packet %d of size %d: %v", i, packetSize, refusal)
		}
		if p.AddressBits != h.Flavour.HeapAddressBits() || p.Cnt != cnt || p.PayloadOffset != int64(len(r.payload)) {
			tb.Fatalf("packet %d: %+v", i, p)
		}
		last := i == len(r.packets)-1
		if len(p.Payload) == 0 || !last && (len(p.Payload)%8 != 0 || len(b) != packetSize&^7) {
			tb.Fatalf("packet %d of %d has %d bytes, %d of payload", i, len(r.packets), len(b), len(p.Payload))
		}
		if h.RepeatPointers {
			r.pointers = r.pointers[:0]
		}
		for k := range p.PointerCount() {
			r.pointers = append(r.pointers, p.Pointer(k))
		}
		r.payload = append(r.payload, p.Payload...)
		if last && p.HeapLength != int64(len(r.payload)) {
			tb.Fatalf("HEAP_LENGTH %d, payload %d", p.HeapLength, len(r.payload))
		}
	}
	return r
}

// expected is what h should be put together to, by the rules for items.
func expected(h *Heap) (payload []byte, pointers []wire.Pointer) {
	bits := h.Flavour.HeapAddressBits()
	for _, it := range h.Items {
		switch {
		case it.Kind == Inline:
			pointers = append(pointers, wire.ImmediatePointer(bits, it.ID, it.Number))
		case it.Kind == MaybeImmediate && len(it.Value)*8 <= bits:
			v := uint64(0)
			for _, b := range it.Value {
				v = v*256 + uint64(b)
			}
			pointers = append(pointers, wire.ImmediatePointer(bits, it.ID, v))
		default:
			pointers = append(pointers, wire.AddressPointer(bits, it.ID, uint64(len(payload))))
			payload = append(payload, it.Value...)
		}
	}
	return payload, pointers
}

// checkHeap packetizes a heap and checks that it can be put together again to what it was.
func checkHeap(tb testing.TB, h *Heap, cnt spead.HeapCnt, packetSize int) reassembled {
	tb.Helper()
	got := reassemble(tb, h, cnt, packetSize)
	payload, pointers := expected(h)
	most := (packetSize&^7 - 48) / 8
	if least := 8*(len(pointers)/most) + 1; len(payload) < least {
		null := wire.AddressPointer(h.Flavour.HeapAddressBits(), spead.NullID, uint64(len(payload)))
		pointers = append(pointers, null)
		payload = append(payload, make([]byte, least-len(payload))...)
	}
	if string(got.payload) != string(payload) {
		tb.Fatalf("%d items, packets of %d bytes: payload\n% x, want\n% x", len(h.Items), packetSize, got.payload, payload)
	}
	if len(got.pointers) != len(pointers) {
		tb.Fatalf("%d items, packets of %d bytes: %d pointers, want %d", len(h.Items), packetSize, len(got.pointers), len(pointers))
	}
	for i, p := range pointers {
		if got.pointers[i] != p {
			tb.Fatalf("%d items, packets of %d bytes: pointer %d is %x, want %x", len(h.Items), packetSize, i, got.pointers[i], p)
		}
	}
	return got
}
