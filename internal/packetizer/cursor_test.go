// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"math/rand/v2"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// someBytes makes bytes of which none is zero, so that they differ from padding.
func someBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(1 + i%251)
	}
	return b
}

// immediates makes a heap of as many inline items, and at place at an item with the given payload.
func immediates(f spead.Flavour, n, at, payload int) *Heap {
	h := &Heap{Flavour: f, Items: make([]Item, n)}
	for i := range h.Items {
		h.Items[i] = Item{ID: spead.FirstAutoID + spead.ItemID(i), Kind: Inline, Number: uint64(i)}
		if i == at {
			h.Items[i] = Item{ID: spead.FirstAutoID, Value: someBytes(payload)}
		}
	}
	return h
}

func TestPaddingFollowsThePayloadAtEveryBoundary(t *testing.T) {
	for _, items := range []int{0, 1, 2, 176, 177, 178, 179, 354, 355, 356, 357} {
		for _, payload := range []int{0, 1, 7, 8, 9, 10, 16, 17, 18} {
			for _, at := range []int{0, items / 2, items - 1} {
				if at >= 0 {
					checkHeap(t, immediates(spead.Flavour{}, items, at, payload), 5, 1472)
				}
			}
		}
	}
}

// spead2 4.4 sends the zeros of the first packet before the byte.
func TestPayloadComesBeforeThePaddingOfItsPacket(t *testing.T) {
	got := checkHeap(t, immediates(flavour(t, 48), 178, 90, 1), 5, 1472)
	if len(got.packets) != 2 || string(got.payload) != "\x01\x00\x00\x00\x00\x00\x00\x00\x00" {
		t.Errorf("%d packets, payload % x", len(got.packets), got.payload)
	}
	if null := got.pointers[len(got.pointers)-1]; null != wire.AddressPointer(48, spead.NullID, 1) {
		t.Errorf("last pointer %x", null)
	}
}

func TestEveryPacketSizeFrom56To9000(t *testing.T) {
	f := flavour(t, 48)
	heaps := []*Heap{
		{Flavour: f},
		{Flavour: f, Items: []Item{{ID: 0x1000, Value: someBytes(1000)}}},
		{Flavour: f, Items: []Item{{ID: 0x1000, Kind: Inline, Number: 7}, {ID: 0x1001, Kind: MaybeImmediate, Value: someBytes(6)},
			{ID: 0x1002, Kind: MaybeImmediate, Value: someBytes(7)}, {ID: 0x1003}, {ID: 0x1004, Value: someBytes(3)}}},
		immediates(f, 20, 7, 3),
		immediates(f, 40, 39, 2000),
	}
	for size := 56; size <= 9000; size++ {
		for _, h := range heaps {
			checkHeap(t, h, 5, size)
		}
	}
}

func TestLargeHeapsInManyPacketSizes(t *testing.T) {
	h := immediates(spead.Flavour{}, 200, 100, 100_000)
	for _, size := range []int{56, 64, 72, 88, 1472, 8972, 9000, 9172, 65507, 1 << 20} {
		checkHeap(t, h, 5, size)
	}
}

func TestRandomHeapsCanBePutTogetherAgain(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	memory := someBytes(500)
	for range 20000 {
		h := randomHeap(t, r, memory)
		cnt := spead.HeapCnt(r.Uint64N(h.Flavour.MaxImmediate() + 1))
		size := 56 + r.IntN(300)
		if h.RepeatPointers || h.Flavour.HeapAddressBits() == 8 {
			// One packet has to do: for the pointers, or because padding would make the heap too long.
			size += len(h.Items) * 8
		}
		if h.check(cnt, Cut{MaxPacketSize: size}) != nil {
			t.Fatalf("%+v in %d: %v", h, size, h.check(cnt, Cut{MaxPacketSize: size}))
		}
		checkHeap(t, h, cnt, size)
	}
}

// randomHeap makes a legal heap, with values out of memory.
func randomHeap(tb testing.TB, r *rand.Rand, memory []byte) *Heap {
	h := &Heap{Flavour: flavour(tb, 8*(1+r.IntN(7))), RepeatPointers: r.IntN(4) == 0}
	room := min(int(min(h.Flavour.MaxImmediate(), 4000))-60, len(memory))
	for range r.IntN(1 << r.IntN(7)) {
		it := Item{ID: 5 + spead.ItemID(r.Uint64N(uint64(h.Flavour.MaxItemID())-4)), Kind: Kind(r.IntN(3))}
		if it.Kind == Inline {
			it.Number = r.Uint64N(h.Flavour.MaxImmediate() + 1)
		} else {
			n := min(r.IntN(1<<r.IntN(9)), max(0, room))
			start := r.IntN(len(memory) - n + 1)
			it.Value = memory[start : start+n]
			room -= n
		}
		h.Items = append(h.Items, it)
	}
	return h
}

func TestValuesAreReadWhenTheirPacketIsMade(t *testing.T) {
	data, number := someBytes(16), []byte{0x76, 0x54}
	h := &Heap{Flavour: flavour(t, 48), Items: []Item{
		{ID: 0x1000, Value: data},
		{ID: 0x1001, Kind: MaybeImmediate, Value: number},
		{ID: 0x1002, Kind: Inline, Number: 1},
	}}
	var c Cursor
	if err := c.start(h, 1, Cut{MaxPacketSize: 64}); err != nil {
		t.Fatal(err)
	}
	data[0], data[15] = 0xaa, 0xbb
	number[1] = 0x99
	h.Items[2].Number = 2
	var d wire.Datagram
	if !c.Next(&d) || len(d.Payload) != 1 || &d.Payload[0][0] != &data[0] {
		t.Fatalf("the first packet doesn't refer to the value: %+v", d)
	}
	if got := d.Header[48:]; string(got) != unhex(t, "9001000000007699") {
		t.Errorf("immediate % x", got)
	}
	if !c.Next(&d) || string(d.Header[40:]) != unhex(t, "9002000000000002") {
		t.Errorf("inline item in % x", d.Header)
	}
}

func TestRepeatedPointersAreReadForEachPacket(t *testing.T) {
	h := &Heap{RepeatPointers: true, Items: []Item{{ID: 0x1000, Kind: Inline, Number: 1}, {ID: 0x1001, Value: someBytes(100)}}}
	var c Cursor
	if err := c.start(h, 1, Cut{MaxPacketSize: 96}); err != nil {
		t.Fatal(err)
	}
	var d wire.Datagram
	for i := range uint64(3) {
		h.Items[0].Number = i
		var p wire.Packet
		c.Next(&d)
		p.Decode(d.AppendTo(nil))
		if p.PointerCount() != 2 || p.Pointer(0).Value(40) != i || p.Pointer(1) != wire.AddressPointer(40, 0x1001, 0) {
			t.Errorf("packet %d: %+v", i, d)
		}
	}
}

// Values that change their length are against the rules, but must do no harm to others.
func TestPacketsStayWellFormedWhenValuesChangeLength(t *testing.T) {
	for _, length := range []int{0, 3, 70, 300} {
		h := &Heap{Items: []Item{{ID: 0x1000, Value: someBytes(200)}}}
		var c Cursor
		if err := c.start(h, 1, Cut{MaxPacketSize: 100}); err != nil {
			t.Fatal(err)
		}
		var d wire.Datagram
		for i := 0; c.Next(&d); i++ {
			if i == 1 {
				h.Items[0].Value = someBytes(length)
			}
			var p wire.Packet
			if size, refusal := p.Decode(d.AppendTo(nil)); refusal != spead.Accepted || size != d.Size {
				t.Errorf("%d bytes: packet %d: %v", length, i, refusal)
			}
		}
	}
}

func TestWalkingAllocatesNothing(t *testing.T) {
	h := immediates(spead.Flavour{}, 200, 100, 5000)
	var c Cursor
	var d wire.Datagram
	var p Plan
	allocs := testing.AllocsPerRun(100, func() {
		var err error
		if p, err = h.Plan(Cut{MaxPacketSize: 1472}); err != nil {
			t.Fatal(err)
		}
		for c.Start(h, 1, &p); c.Next(&d); {
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
