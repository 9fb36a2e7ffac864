// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// sketch is a packet to be made. Its payload is content.
type sketch struct {
	cnt      spead.HeapCnt
	length   int64 // wire.Unsized leaves HEAP_LENGTH out
	offset   int64
	payload  int
	bits     int // heap address bits; 0: 48
	pointers []wire.Pointer
}

// encode gives the packet's bytes.
func (s sketch) encode(tb testing.TB) []byte {
	tb.Helper()
	bits := s.addressBits()
	f, err := spead.NewFlavour(bits, 0)
	if err != nil {
		tb.Fatal(err)
	}
	specials := []wire.Pointer{
		wire.ImmediatePointer(bits, spead.HeapCntID, uint64(s.cnt)),
		wire.ImmediatePointer(bits, spead.PayloadOffsetID, uint64(s.offset)),
		wire.ImmediatePointer(bits, spead.PayloadLengthID, uint64(s.payload)),
	}
	if s.length != wire.Unsized {
		specials = append(specials, wire.ImmediatePointer(bits, spead.HeapLengthID, uint64(s.length)))
	}
	b := wire.AppendHeader(nil, f, len(specials)+len(s.pointers))
	for _, p := range specials {
		b = wire.AppendPointer(b, p)
	}
	for _, p := range s.pointers {
		b = wire.AppendPointer(b, p)
	}
	return append(b, content(s.cnt, s.offset, s.payload)...)
}

func (s sketch) addressBits() int {
	if s.bits == 0 {
		return 48
	}
	return s.bits
}

// decode gives the packet as the assembler gets it.
func (s sketch) decode(tb testing.TB) *wire.Packet {
	tb.Helper()
	p := new(wire.Packet)
	if _, refusal := p.Decode(s.encode(tb)); refusal != spead.Accepted {
		tb.Fatalf("packet %+v is no packet: %v", s, refusal)
	}
	return p
}

// content is what every heap of a test has as payload: each byte tells its place, modulo 256.
func content(cnt spead.HeapCnt, offset int64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(int64(cnt)*37 + offset + int64(i))
	}
	return b
}

// placeOf is the place, modulo 256, of a byte of content.
func placeOf(cnt spead.HeapCnt, b byte) byte { return b - byte(int64(cnt)*37) }

// testPlacer lends memory that is full of old bytes, and grows it by a half of what is needed.
type testPlacer struct {
	tb    testing.TB
	limit int64 // of one heap, in bytes; 0: none
	lent  map[*byte]bool
	// calls are the needs it was asked for.
	calls []int64
}

func (t *testPlacer) Place(_ *wire.Packet, h *Heap, need int64) ([]byte, spead.Refusal) {
	t.calls = append(t.calls, need)
	if t.limit > 0 && need > t.limit {
		return nil, spead.RefusedMemoryLimit
	}
	if len(h.Payload()) > 0 && need <= int64(len(h.Payload())) {
		t.tb.Errorf("asked for %d bytes with %d at hand", need, len(h.Payload()))
	}
	b := make([]byte, need+need/2, need+need/2+1)
	for i := range b {
		b[i] = 0xcc
	}
	if t.lent == nil {
		t.lent = make(map[*byte]bool)
	}
	t.lent[&b[:1][0]] = true
	return b, spead.Accepted
}

func (t *testPlacer) Free(b []byte) {
	if key := &b[:1][0]; t.lent[key] {
		delete(t.lent, key)
	} else {
		t.tb.Error("memory freed that wasn't lent")
	}
}
