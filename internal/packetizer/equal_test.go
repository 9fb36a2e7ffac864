// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// cutInto gives the packets of a heap.
func cutInto(tb testing.TB, h *Heap, cut Cut) (packets [][]byte, p Plan) {
	tb.Helper()
	p, err := h.Plan(cut)
	if err != nil {
		tb.Fatal(err)
	}
	var c Cursor
	var d wire.Datagram
	for c.Start(h, 7, &p); c.Next(&d); {
		packets = append(packets, d.AppendTo(nil))
	}
	return packets, p
}

// seedHeap is a heap of the seed's benchmark, with so many immediates before its samples.
func seedHeap(immediates, samples int) *Heap {
	h := &Heap{}
	for i := range immediates {
		h.Items = append(h.Items, Item{ID: spead.ItemID(0x1600 + i), Kind: MaybeImmediate, Value: []byte{1, 2, 3, 4, byte(i)}})
	}
	value := make([]byte, samples)
	for i := range value {
		value[i] = byte(i * 11)
	}
	h.Items = append(h.Items, Item{ID: 0x3300, Value: value})
	return h
}

func TestEqualPackets(t *testing.T) {
	for name, tc := range map[string]struct {
		heap              *Heap
		packet            int
		count, size, last int // last: bytes of the last packet
		nulls             int
	}{
		"one packet stays as it is":                {seedHeap(1, 8<<10), 9000, 1, 8248, 8248, 0},
		"two packets divide evenly":                {seedHeap(1, 16<<10), 9000, 2, 8240, 8240, 0},
		"NULLs fill up what the division leaves":   {seedHeap(1, 64<<10), 9000, 8, 8240, 8240, 6},
		"small packets":                            {seedHeap(3, 8<<10), 1472, 6, 1416, 1416, 4},
		"a payload of odd length is left alone":    {seedHeap(1, 16<<10-1), 9000, 2, 9000, 16383 + 16 + 80 - 9000, 0},
		"a long heap is left alone":                {seedHeap(1, 1<<20), 9000, 118, 9000, 1<<20 + 16 + 118*40 - 117*9000, 0},
		"a heap without payload is left alone":     {&Heap{Items: []Item{{ID: 0x1600, Kind: Inline, Number: 3}}}, 9000, 1, 49 + 8, 49 + 8, 0},
		"repeated pointers divide evenly":          {repeated(seedHeap(1, 16<<10)), 9000, 2, 8248, 8248, 0},
		"repeated pointers that don't divide":      {repeated(seedHeap(1, 17*1024+8)), 9000, 2, 9000, 17416 + 2*56 - 9000, 0},
		"full packets already divide":              {seedHeap(1, 2*8960-16), 9000, 2, 9000, 9000, 0},
		"more pointers than a packet has room for": {seedHeap(30, 4096), 256, 22, 256, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			packets, p := cutInto(t, tc.heap, Cut{MaxPacketSize: tc.packet, Equal: true})
			if tc.last == 0 {
				tc.count, tc.last = len(packets), len(packets[len(packets)-1])
			}
			if len(packets) != tc.count || len(packets[0]) != tc.size || len(packets[len(packets)-1]) != tc.last || p.nulls != tc.nulls {
				t.Errorf("%d packets of %d bytes, the last of %d, with %d NULLs; want %d of %d, %d, %d",
					len(packets), len(packets[0]), len(packets[len(packets)-1]), p.nulls, tc.count, tc.size, tc.last, tc.nulls)
			}
		})
	}
}

func repeated(h *Heap) *Heap {
	h.RepeatPointers = true
	return h
}

// TestEqualPacketsCarryTheSameHeap compares both layouts of heaps of all kinds.
func TestEqualPacketsCarryTheSameHeap(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	equal, padded := 0, 0
	for range 4000 {
		h := seedHeap(random.IntN(12), 8*random.IntN(4000)+random.IntN(2))
		h.RepeatPointers = random.IntN(4) == 0
		cut := Cut{MaxPacketSize: 200 + random.IntN(4000)}
		standard, _ := cutInto(t, h, cut)
		cut.Equal = true
		packets, p := cutInto(t, h, cut)
		checkSameHeap(t, standard, packets)
		same := sameSizes(packets)
		if p.packetSize < cut.MaxPacketSize&^7 && !same {
			t.Fatalf("packets of %d bytes for at most %d aren't equal", p.packetSize, cut.MaxPacketSize)
		}
		if same && len(packets) > 1 {
			equal++
		}
		if p.nulls > 0 {
			padded++
			continue
		}
		// Without NULLs they are what a smaller packet size makes.
		as, _ := cutInto(t, h, Cut{MaxPacketSize: p.packetSize})
		if !bytes.Equal(bytes.Join(as, nil), bytes.Join(packets, nil)) {
			t.Fatalf("packets of %d bytes differ from those that this size makes", p.packetSize)
		}
	}
	if equal < 100 || padded < 100 {
		t.Errorf("only %d heaps were equal, and only %d had NULLs", equal, padded)
	}
}

func sameSizes(packets [][]byte) bool {
	for _, b := range packets {
		if len(b) != len(packets[0]) {
			return false
		}
	}
	return true
}

// checkSameHeap compares payload and pointers, but for NULLs, and the number of packets.
func checkSameHeap(t *testing.T, want, got [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d packets, want %d", len(got), len(want))
	}
	wantPayload, wantPointers := taken(t, want)
	gotPayload, gotPointers := taken(t, got)
	if !bytes.Equal(gotPayload, wantPayload) {
		t.Fatal("the payload differs")
	}
	for p, n := range wantPointers {
		if (n > 0) != (gotPointers[p] > 0) {
			t.Fatalf("pointer %x is there %d times, want %d", p, gotPointers[p], n)
		}
	}
	if len(gotPointers) != len(wantPointers) {
		t.Fatalf("%d different pointers, want %d", len(gotPointers), len(wantPointers))
	}
}

// taken gives a heap's payload, and how often each of its pointers that aren't NULL is there.
func taken(t *testing.T, packets [][]byte) (payload []byte, pointers map[wire.Pointer]int) {
	t.Helper()
	pointers = make(map[wire.Pointer]int)
	for _, b := range packets {
		var p wire.Packet
		if size, refusal := p.Decode(b); size != len(b) || refusal != spead.Accepted {
			t.Fatalf("a packet of %d bytes: %v", len(b), refusal)
		}
		if p.PayloadOffset != int64(len(payload)) {
			t.Fatalf("payload from %d on, want %d", p.PayloadOffset, len(payload))
		}
		payload = append(payload, p.Payload...)
		for i := range p.PointerCount() {
			if q := p.Pointer(i); q.ID(p.AddressBits) != spead.NullID {
				pointers[q]++
			}
		}
	}
	return payload, pointers
}
