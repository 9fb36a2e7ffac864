// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"math"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// twoWayTransport has a second way in, which counts for itself.
type twoWayTransport struct {
	promptTransport
	other promptTransport
	err   error
}

func (w *twoWayTransport) Second() (transport, error) { return &w.other, w.err }

func TestUnorderedBatchesAreSharedByTwo(t *testing.T) {
	tr := &twoWayTransport{}
	s := newPromptStream(t, Config{MaxHeaps: 256}, tr)
	h := heapOf(4000) // 3 packets
	b := &Batch{Order: Unordered}
	for len(b.Heaps) < 100 {
		b.Heaps = append(b.Heaps, Ref{Heap: h})
	}
	const most = 10000
	rounds := 0
	for ; rounds < most && s.queue.pending.Load() == 0; rounds++ {
		if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context())); err != nil {
			t.Fatal(err)
		}
		for i, r := range b.Results() {
			if r.Err != nil || r.Bytes != 4000+3*40+8 || int(r.Cnt) != rounds*100+i+1 {
				t.Fatalf("round %d, heap %d: %+v", rounds, i, r)
			}
		}
		tr.other.mu.Lock()
		shared := tr.other.waited
		tr.other.mu.Unlock()
		if shared > 1000 {
			break
		}
	}
	s.Close()
	counts := make(map[spead.HeapCnt]int)
	for _, cnt := range append(tr.cnts, tr.other.cnts...) {
		counts[cnt]++
	}
	for cnt := range rounds * 100 {
		if n := counts[spead.HeapCnt(cnt+1)]; n != 3 {
			t.Fatalf("heap %d left in %d packets, want 3", cnt+1, n)
		}
	}
	t.Logf("after %d batches, the worker had sent %d packets, the caller %d", rounds, tr.other.waited, tr.tried)
}

func TestAnUnorderedBatchIsntSharedBeforeWhatPrecedesItHasLeft(t *testing.T) {
	tr := &twoWayTransport{}
	s := newPromptStream(t, Config{MaxHeaps: 8}, tr)
	if !s.take() {
		t.Fatal("somebody has the baton")
	}
	before := &Batch{Heaps: []Ref{{Heap: heapOf(10)}}}
	shared := &Batch{Order: Unordered, Heaps: []Ref{{Heap: heapOf(10)}, {Heap: heapOf(10)}}}
	if err := errors.Join(s.SendBatch(t.Context(), before), s.SendBatch(t.Context(), shared)); err != nil {
		t.Fatal(err)
	}
	s.sender.fill()
	if s.sender.filled != 1 || s.second.canShare() {
		t.Errorf("with %d packets in hand another sender could begin with the next batch: %t", s.sender.filled, s.second.canShare())
	}
	s.sender.drain(nil, false)
	s.putDown()
	if err := errors.Join(before.Wait(t.Context()), shared.Wait(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestOneWayInIsEnough(t *testing.T) {
	for name, tr := range map[string]transport{
		"a transport that can't be shared": newPromptTransport(false),
		"no second way after all":          &twoWayTransport{err: errors.New("too many open files")},
		"one that callers can't write to":  &fakeTransport{},
	} {
		s := newPromptStream(t, Config{MaxHeaps: 8}, tr)
		b := &Batch{Order: Unordered, Heaps: []Ref{{Heap: heapOf(10)}, {Heap: heapOf(9000)}}}
		for range 10 {
			if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context())); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if st := s.Stats(); st.Heaps != 20 || st.Batches != 10 {
			t.Errorf("%s: %+v", name, st)
		}
	}
}

func TestUnorderedHeapsHaveNoRate(t *testing.T) {
	s := newPromptStream(t, Config{}, newPromptTransport(false))
	b := &Batch{Order: Unordered, Heaps: []Ref{{Heap: heapOf(10), Rate: math.Inf(1)}}}
	var field *spead.FieldError
	if err := s.SendBatch(t.Context(), b); !errors.As(err, &field) || field.Field != "send.Ref.Rate" {
		t.Errorf("%v", err)
	}
}

func TestUnorderedBatchesAllocateNothing(t *testing.T) {
	var drop atomic.Int64
	s := newPromptStream(t, Config{MaxHeaps: 64}, droppingTransport{&drop})
	b := &Batch{Order: Unordered}
	h := heapOf(4000)
	for len(b.Heaps) < 32 {
		b.Heaps = append(b.Heaps, Ref{Heap: h})
	}
	send := func() {
		if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	// The second sender's memory grows when it first has something to do, which may be late.
	allocs := 0.0
	for range 50 {
		if allocs = testing.AllocsPerRun(200, send); allocs == 0 {
			return
		}
	}
	t.Errorf("%v allocations per batch", allocs)
}

// droppingTransport counts packets, in both ways.
type droppingTransport struct {
	packets *atomic.Int64
}

func (d droppingTransport) WriteBatch(batch []wire.Datagram) (int, error) {
	d.packets.Add(int64(len(batch)))
	return len(batch), nil
}

func (d droppingTransport) TryWriteBatch(batch []wire.Datagram) (int, error) {
	return d.WriteBatch(batch)
}
func (d droppingTransport) Second() (transport, error) { return d, nil }
func (d droppingTransport) Close() error               { return nil }

// hinderedTransport is one whose first way is full for who doesn't wait, once the second way is in
// use. The second one waits to be let through.
type hinderedTransport struct {
	droppingTransport
	inUse, let chan struct{}
}

func (h hinderedTransport) TryWriteBatch([]wire.Datagram) (int, error) {
	<-h.inUse
	return 0, nil
}

func (h hinderedTransport) Second() (transport, error) { return hinderedSecond{h}, nil }

type hinderedSecond struct{ hinderedTransport }

func (h hinderedSecond) WriteBatch(d []wire.Datagram) (int, error) {
	select {
	case <-h.inUse:
	default:
		close(h.inUse)
	}
	<-h.let
	return h.hinderedTransport.WriteBatch(d)
}

// TestWhatACallerLeavesOfASharedBatchIsFinished has a caller put the baton down with a heap begun,
// while the worker shares all others.
func TestWhatACallerLeavesOfASharedBatchIsFinished(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			var packets atomic.Int64
			h := hinderedTransport{droppingTransport{&packets}, make(chan struct{}), make(chan struct{})}
			s := newPromptStream(t, Config{MaxHeaps: 4}, h)
			b := manyHeaps(4, 1_000_000)
			b.Order = Unordered
			if err := s.SendBatch(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			waited := make(chan error)
			go func() { waited <- b.Wait(t.Context()) }()
			synctest.Wait()
			close(h.let)
			if err := <-waited; err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// dividingTransport says when its second way in is being made, and makes it when it is let.
type dividingTransport struct {
	promptTransport
	making, let chan struct{}
	closed      atomic.Bool
}

func (d *dividingTransport) Second() (transport, error) {
	close(d.making)
	<-d.let
	if d.closed.Load() {
		return nil, net.ErrClosed
	}
	return newPromptTransport(false), nil
}

func (d *dividingTransport) Close() error {
	d.closed.Store(true)
	return nil
}

// TestCloseWaitsForTheSecondWayIn closes a stream while a caller with an unordered batch makes the
// second sender.
func TestCloseWaitsForTheSecondWayIn(t *testing.T) {
	tr := &dividingTransport{making: make(chan struct{}), let: make(chan struct{})}
	s := newPromptStream(t, Config{}, tr)
	sent, closed := make(chan error), make(chan error)
	go func() {
		sent <- s.SendBatch(context.Background(), &Batch{Order: Unordered, Heaps: []Ref{{Heap: heapOf(100)}}})
	}()
	<-tr.making
	go func() { closed <- s.Close() }()
	close(tr.let)
	if err := errors.Join(<-sent, <-closed); err != nil {
		t.Error(err)
	}
	if !s.second.ready.Load() {
		t.Error("the transport was closed while its second way in was made")
	}
}
