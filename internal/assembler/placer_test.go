// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

func TestMemoryIsAskedForAsPayloadArrives(t *testing.T) {
	const claimed = 1<<39 - 1
	tests := []struct {
		name    string
		cfg     Config
		packets []sketch
		want    []int64
	}{
		{"a huge claim asks for what came", Config{}, []sketch{{length: claimed, payload: 10}}, []int64{10}},
		{"room at hand is used up first", Config{},
			[]sketch{{length: claimed, payload: 10}, {length: claimed, offset: 10, payload: 5}, {length: claimed, offset: 15, payload: 1}},
			[]int64{10, 16}},
		{"out of order it reaches to the end of what came", Config{AllowOutOfOrder: true},
			[]sketch{{length: claimed, offset: 90, payload: 10}, {length: claimed, payload: 90}}, []int64{100}},
		{"a first packet without payload asks for nothing, but asks", Config{},
			[]sketch{{length: 20}, {length: 20, payload: 20}}, []int64{0, 20}},
		{"a heap without payload doesn't ask", Config{}, []sketch{{length: 0}, {length: wire.Unsized}}, nil},
		{"nor does payload that is refused", Config{},
			[]sketch{{length: 20, payload: 10}, {length: 20, offset: 5, payload: 15}, {cnt: 1, length: 20, offset: 10, payload: 10}},
			[]int64{10}},
		{"nor far addresses and empty payloads", Config{AllowOutOfOrder: true},
			[]sketch{{length: wire.Unsized, payload: 10, pointers: []wire.Pointer{wire.AddressPointer(48, 0x1600, claimed)}},
				{length: wire.Unsized, offset: claimed}}, []int64{10}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			placer := &testPlacer{tb: t}
			a := New(test.cfg, placer)
			for _, s := range test.packets {
				a.Add(s.decode(t))
			}
			if !slices.Equal(placer.calls, test.want) {
				t.Errorf("asked for %v, want %v", placer.calls, test.want)
			}
		})
	}
}

// extendingPlacer has one piece of memory, of which it gives more and more.
type extendingPlacer struct {
	memory []byte
	tb     testing.TB
}

func (e *extendingPlacer) Place(_ *wire.Packet, _ *Heap, need int64) ([]byte, spead.Refusal) {
	return e.memory[:need], spead.Accepted
}

func (e *extendingPlacer) Free([]byte) { e.tb.Error("memory that was extended was freed") }

func TestMemoryCanBeExtendedInItsPlace(t *testing.T) {
	placer := &extendingPlacer{make([]byte, 100), t}
	a := New(Config{AllowOutOfOrder: true}, placer)
	for _, offset := range []int64{30, 0, 60, 10} {
		if refusal := a.Add(sketch{length: 100, offset: offset, payload: 10}.decode(t)); refusal != spead.Accepted {
			t.Fatal(refusal)
		}
	}
	a.Flush()
	h := a.Next()
	want := content(0, 0, 70)
	clear(want[20:30])
	clear(want[40:60])
	if got := h.Contents(); !bytes.Equal(got, want) {
		t.Errorf("contents: %x, want %x", got, want)
	}
	if got := len(h.TakePayload()); got != 70 || h.Payload() != nil || h.Contents() != nil {
		t.Errorf("%d bytes were taken, and there is more", got)
	}
}

// keepingNothing places no heap whose cnt is odd.
type keepingNothing struct{ testPlacer }

func (k *keepingNothing) Place(p *wire.Packet, h *Heap, need int64) ([]byte, spead.Refusal) {
	if h.Cnt()%2 == 1 {
		k.calls = append(k.calls, need)
		return nil, spead.Accepted
	}
	return k.testPlacer.Place(p, h, need)
}

func TestAHeapWhosePayloadIsNotKeptIsAHeapAllTheSame(t *testing.T) {
	placer := &keepingNothing{testPlacer{tb: t}}
	a := New(Config{}, placer)
	pointers := []wire.Pointer{wire.AddressPointer(48, 0x1600, 0), wire.ImmediatePointer(48, 0x1700, 7)}
	a.Add(sketch{cnt: 1, length: 20, payload: 10, pointers: pointers}.decode(t))
	a.Add(sketch{cnt: 1, length: 20, offset: 10, payload: 10}.decode(t))
	h := a.Next()
	if h == nil || !h.Complete() || h.End() != Completed || h.Received() != 20 || h.Contents() != nil {
		t.Fatalf("finished: %+v", h)
	}
	for item := range h.Items() {
		if !item.Immediate {
			t.Errorf("it has an item in the payload: %+v", item)
		}
	}
	if want := []int64{10}; !slices.Equal(placer.calls, want) {
		t.Errorf("asked for %v, want %v", placer.calls, want)
	}
}

// notingPlacer notes on each heap how many there were before.
type notingPlacer struct {
	testPlacer
	placed int64
}

func (n *notingPlacer) Place(p *wire.Packet, h *Heap, need int64) ([]byte, spead.Refusal) {
	if h.Note().State == 0 {
		*h.Note() = Note{Number: n.placed, State: 1}
		n.placed++
	}
	return n.testPlacer.Place(p, h, need)
}

func TestAHeapCarriesItsNoteAndLosesItsMemoryInProgress(t *testing.T) {
	placer := &notingPlacer{testPlacer: testPlacer{tb: t}}
	a := New(Config{}, placer)
	for cnt := range spead.HeapCnt(3) {
		a.Add(sketch{cnt: cnt, length: 20, payload: 10}.decode(t))
	}
	live := 0
	for h := range a.Live() {
		live++
		if note := h.Note(); note.Number != int64(h.Cnt()) || note.State != 1 {
			t.Errorf("heap %d has note %+v", h.Cnt(), *note)
		}
		if h.Cnt() == 1 {
			placer.Free(h.TakePayload())
		}
	}
	if live != 3 {
		t.Errorf("%d heaps in progress", live)
	}
	for cnt := range spead.HeapCnt(3) {
		a.Add(sketch{cnt: cnt, length: 20, offset: 10, payload: 10}.decode(t))
		h := a.Next()
		if h == nil || h.End() != Completed || h.Note().Number != int64(cnt) || (h.Contents() == nil) != (cnt == 1) {
			t.Fatalf("heap %d: %+v", cnt, h)
		}
		a.Recycle(h)
	}
	a.Add(sketch{cnt: 9, length: 20}.decode(t))
	for h := range a.Live() {
		if h.Note().Number != 3 {
			t.Errorf("a recycled heap still has its note: %+v", *h.Note())
		}
	}
}
