// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/gospead/spead"
)

func TestSendTellsWhatLeft(t *testing.T) {
	f := &fakeTransport{}
	s := newTestStream(t, Config{}, f)
	r, err := s.Send(t.Context(), NewHeap(spead.Flavour{}))
	if err != nil || r != (Result{Cnt: 1, Bytes: 49}) {
		t.Fatalf("sending an empty heap gave %+v, %v; want cnt 1 and 49 bytes", r, err)
	}
	r, err = s.Send(t.Context(), heapOf(4000))
	if err != nil || r.Cnt != 2 || r.Bytes != 4000+3*40+8 {
		t.Fatalf("sending a heap of three packets gave %+v, %v", r, err)
	}
	if st := s.Stats(); st.Heaps != 2 || st.Packets != 4 || st.Bytes != 49+r.Bytes || st.HeapsInFlight != 0 {
		t.Errorf("statistics: %+v", st)
	}
}

func TestAFailedDatagramFailsItsHeapOnly(t *testing.T) {
	lost := errors.New("cable cut")
	f := &fakeTransport{fail: map[int]error{1: lost}}
	s := newTestStream(t, Config{}, f)
	b := &Batch{Heaps: []Ref{{Heap: heapOf(100)}, {Heap: heapOf(4000)}, {Heap: heapOf(100)}}}
	if err := s.SendBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := b.Wait(t.Context()); !errors.Is(err, lost) {
		t.Fatalf("the batch ended with %v", err)
	}
	r := b.Results()
	if r[0].Err != nil || !errors.Is(r[1].Err, lost) || r[2].Err != nil {
		t.Errorf("results: %+v", r)
	}
	if r[1].Bytes != 4000+3*40+8-1472 {
		t.Errorf("%d bytes of the heap that lost its first packet left", r[1].Bytes)
	}
	if st := s.Stats(); st.FailedHeaps != 1 || st.FailedPackets != 1 || st.Heaps != 2 {
		t.Errorf("statistics: %+v", st)
	}
}

func TestOrderOfABatch(t *testing.T) {
	for _, tc := range []struct {
		order Order
		want  []spead.HeapCnt
	}{
		{Serial, []spead.HeapCnt{1, 2, 2, 3, 3, 3}},
		{RoundRobin, []spead.HeapCnt{1, 2, 3, 2, 3, 3}},
	} {
		f := &fakeTransport{}
		s := newTestStream(t, Config{MaxPacketSize: 88}, f)
		b := &Batch{Order: tc.order, Heaps: []Ref{{Heap: heapOf(8)}, {Heap: heapOf(72)}, {Heap: heapOf(136)}}}
		if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context())); err != nil {
			t.Fatal(err)
		}
		if got := f.cnts(t); !slices.Equal(got, tc.want) {
			t.Errorf("order %d: packets of the heaps %v, want %v", tc.order, got, tc.want)
		}
	}
}

func TestHeapCntsFollowTheSequenceAndWrap(t *testing.T) {
	flavour, err := spead.NewFlavour(48, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeTransport{}
	s := newTestStream(t, Config{MaxHeaps: 8}, f)
	h := NewHeap(flavour)
	exact := []Cnt{{}, ExactCnt(0x1111111111), ExactCnt(0)}
	for _, c := range exact {
		if _, err := s.SendRef(t.Context(), Ref{Heap: h, Cnt: c}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetCntSequence(1<<48-1, 0x10); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Send(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	want := []spead.HeapCnt{1, 0x1111111111, 0, 1<<48 - 1, 0xf, 0x1f}
	if got := f.cnts(t); !slices.Equal(got, want) {
		t.Errorf("heap cnts %#x, want %#x", got, want)
	}
	if err := s.SetCntSequence(0, 0); err == nil {
		t.Error("a step of 0 was taken")
	}
}

func TestABatchThatCannotBeSentIsRefusedWhole(t *testing.T) {
	flavour, err := spead.NewFlavour(48, 0)
	if err != nil {
		t.Fatal(err)
	}
	good := Ref{Heap: NewHeap(flavour)}
	tooMany := make([]Ref, 5)
	for i := range tooMany {
		tooMany[i] = good
	}
	for name, heaps := range map[string][]Ref{
		"no heaps":                     nil,
		"more heaps than MaxHeaps":     tooMany,
		"a nil heap":                   {good, {}},
		"an unknown substream":         {good, {Heap: good.Heap, Substream: 4}},
		"a negative substream":         {good, {Heap: good.Heap, Substream: -1}},
		"a heap cnt beyond the width":  {good, {Heap: good.Heap, Cnt: ExactCnt(1 << 48)}},
		"a rate that is not a number":  {good, {Heap: good.Heap, Rate: math.NaN()}},
		"an item id beyond the width":  {good, {Heap: heapWithID(flavour, 0x8000)}},
		"pointers that can't repeat":   {good, {Heap: repeating(200)}},
		"an immediate beyond its size": {good, {Heap: wideImmediate()}},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeTransport{}
			s := newTestStream(t, Config{}, f)
			b := &Batch{Heaps: heaps}
			var field *spead.FieldError
			if err := s.SendBatch(t.Context(), b); !errors.As(err, &field) {
				t.Fatalf("SendBatch gave %v, want a FieldError", err)
			}
			if err := s.TrySendBatch(b); !errors.As(err, &field) {
				t.Fatalf("TrySendBatch gave %v, want a FieldError", err)
			}
			if r, err := s.Send(t.Context(), good.Heap); err != nil || r.Cnt != 1 {
				t.Errorf("the next heap got cnt %d (%v): the refused batch used some up", r.Cnt, err)
			}
		})
	}
}

func heapWithID(f spead.Flavour, id spead.ItemID) *Heap {
	h := NewHeap(f)
	h.AddItem(id, nil)
	return h
}

func repeating(items int) *Heap {
	h := NewHeap(spead.Flavour{})
	for i := range items {
		h.AddItem(spead.ItemID(0x1000+i), []byte{1})
	}
	h.SetRepeatPointers(true)
	return h
}

func wideImmediate() *Heap {
	h := heapOf(8)
	h.contents.Items[0].Kind = 7
	return h
}

func TestQueueFullIsAnErrorOnlyForThoseWhoDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTransport{gate: make(chan struct{})}
		s := newTestStream(t, Config{MaxHeaps: 2}, f)
		first, second := &Batch{Heaps: []Ref{{Heap: heapOf(1)}, {Heap: heapOf(1)}}}, &Batch{Heaps: []Ref{{Heap: heapOf(1)}}}
		if err := s.SendBatch(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if err := s.TrySendBatch(second); !errors.Is(err, ErrQueueFull) {
			t.Fatalf("TrySendBatch gave %v", err)
		}
		if err := s.SendBatch(t.Context(), first); !errors.Is(err, ErrBatchInFlight) {
			t.Fatalf("sending a batch twice at once gave %v", err)
		}
		queued := make(chan error)
		go func() { queued <- s.SendBatch(t.Context(), second) }()
		synctest.Wait()
		close(f.gate)
		if err := errors.Join(<-queued, first.Wait(t.Context()), second.Wait(t.Context())); err != nil {
			t.Fatal(err)
		}
		if got := f.cnts(t); !slices.Equal(got, []spead.HeapCnt{1, 2, 3}) {
			t.Errorf("heap cnts %v", got)
		}
		s.Close()
	})
}

func TestSendIsWithdrawnWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTransport{gate: make(chan struct{})}
		s := newTestStream(t, Config{MaxHeaps: 8}, f)
		blocker := &Batch{Heaps: []Ref{{Heap: heapOf(1)}}}
		if err := s.SendBatch(t.Context(), blocker); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		type answer struct {
			Result
			err error
		}
		sent := make(chan answer)
		go func() {
			r, err := s.Send(ctx, heapOf(5000))
			sent <- answer{r, err}
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(f.gate)
		a := <-sent
		if !errors.Is(a.err, context.Canceled) || !errors.Is(a.Err, context.Canceled) || a.Bytes != 0 {
			t.Errorf("a withdrawn heap gave %+v, %v", a.Result, a.err)
		}
		if got := f.cnts(t); len(got) != 1 {
			t.Errorf("packets of the heaps %v left", got)
		}
		s.Close()
	})
}

func TestCloseSendsWhatWasAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTransport{gate: make(chan struct{})}
		s := newTestStream(t, Config{}, f)
		b := &Batch{Heaps: []Ref{{Heap: heapOf(1)}, {Heap: heapOf(5000)}}}
		if err := s.SendBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		closed := make(chan error)
		go func() { closed <- s.Close() }()
		synctest.Wait()
		close(f.gate)
		if err := errors.Join(<-closed, b.Wait(t.Context())); err != nil {
			t.Fatal(err)
		}
		if !f.closed || len(f.packets) != 5 {
			t.Errorf("transport closed: %v; packets sent: %d, want 5", f.closed, len(f.packets))
		}
		_, err := s.Send(t.Context(), heapOf(1))
		if !errors.Is(err, ErrClosed) || !errors.Is(err, net.ErrClosed) {
			t.Errorf("sending on a closed stream gave %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("closing again gave %v", err)
		}
	})
}

func TestFlushWaitsForAllThatWasQueued(t *testing.T) {
	f := &fakeTransport{}
	s := newTestStream(t, Config{MaxHeaps: 64}, f)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	batches := make([]Batch, 20)
	for i := range batches {
		batches[i].Heaps = []Ref{{Heap: heapOf(3000), Substream: i % 4}}
		if err := s.SendBatch(t.Context(), &batches[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Heaps != 20 || st.HeapsInFlight != 0 {
		t.Errorf("after a flush: %+v", st)
	}
	if !slices.Equal(f.from[:4], []int{0, 0, 0, 1}) {
		t.Errorf("packets went to the substreams %v", f.from)
	}
}

func TestStreamIntoMemory(t *testing.T) {
	var memory bytes.Buffer
	s, err := NewWriter(Config{}, &memory)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Send(t.Context(), NewHeap(spead.Flavour{})); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if memory.Len() != 3*49 {
		t.Errorf("three empty heaps take %d bytes, want 147", memory.Len())
	}
}

func TestConfigRefusesWhatCannotBe(t *testing.T) {
	for name, cfg := range map[string]Config{
		"send.Config.MaxPacketSize":  {MaxPacketSize: 55},
		"send.Config.MaxHeaps":       {MaxHeaps: -1},
		"send.Config.Rate":           {Rate: math.NaN()},
		"send.Config.BurstSize":      {BurstSize: -1},
		"send.Config.BurstRateRatio": {BurstRateRatio: 0.5},
	} {
		_, err := NewWriter(cfg, &bytes.Buffer{})
		var field *spead.FieldError
		if !errors.As(err, &field) || field.Field != name {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAHeapChangedInFlightFailsAndOthersDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTransport{gate: make(chan struct{})}
		s := newTestStream(t, Config{MaxHeaps: 8}, f)
		if err := s.SendBatch(t.Context(), &Batch{Heaps: []Ref{{Heap: heapOf(1)}}}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		changed := heapOf(1)
		b := &Batch{Heaps: []Ref{{Heap: heapOf(1)}, {Heap: changed}, {Heap: heapOf(1)}}}
		if err := s.SendBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		changed.AddItem(0x1001, nil)
		close(f.gate)
		if err := b.Wait(t.Context()); !errors.Is(err, ErrHeapChanged) {
			t.Errorf("the batch ended with %v", err)
		}
		r := b.Results()
		if r[0].Err != nil || !errors.Is(r[1].Err, ErrHeapChanged) || r[2].Err != nil {
			t.Errorf("results: %+v", r)
		}
		s.Close()
	})
}
