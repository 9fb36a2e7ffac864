// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/gospead/spead"
	"github.com/gospead/spead/inproc"
)

// listSource gives each datagram in a batch of its own, then an error.
type listSource struct {
	datagrams [][]byte
	err       error
	closed    bool
}

func (l *listSource) ReadBatch(b *Batch) error {
	if len(l.datagrams) == 0 {
		return l.err
	}
	b.Add(l.datagrams[0])
	l.datagrams = l.datagrams[1:]
	return nil
}

func (l *listSource) Close() error {
	l.closed = true
	return nil
}

func TestHeapsArriveWholeAndInOrder(t *testing.T) {
	memory := packetsOf(t, 88, heapOf(10, 1), heapOf(1000, 2), heapOf(0, 3))
	s := newTestStream(t, Config{}, &memorySource{rest: memory})
	want := [][]byte{pattern(10, 1), pattern(1000, 2), nil}
	var cnts []spead.HeapCnt
	for h := range s.Heaps(t.Context()) {
		cnts = append(cnts, h.Cnt())
		if !h.Complete() {
			t.Errorf("heap %d is incomplete", h.Cnt())
		}
		for it := range h.Items() {
			if !bytes.Equal(it.Value, want[h.Cnt()-1]) {
				t.Errorf("heap %d: item %v differs", h.Cnt(), it.ID)
			}
		}
		h.Release()
	}
	if !slices.Equal(cnts, []spead.HeapCnt{1, 2, 3}) {
		t.Errorf("heaps %v arrived", cnts)
	}
	st := s.Stats()
	checkLaw(t, st)
	if st.Heaps != 3 || st.HeapsDelivered != 3 || st.SinglePacketHeaps != 2 || st.PayloadBytesInFlight != 0 {
		t.Errorf("statistics: %+v", st)
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("after the last heap, Next gave %v", err)
	}
}

func TestAStopItemEndsTheStreamForAllSources(t *testing.T) {
	packets := split(t, packetsOf(t, 1472, heapOf(10, 1), stopHeap(), heapOf(10, 2)))
	q, err := inproc.NewQueue(0)
	if err != nil {
		t.Fatal(err)
	}
	s := newTestStream(t, Config{}, &memorySource{rest: slices.Concat(packets...)}, &inprocSource{queue: q})
	n := 0
	for h := range s.Heaps(t.Context()) {
		n++
		h.Release()
	}
	if n != 1 {
		t.Errorf("%d heaps arrived, want 1", n)
	}
	st := s.Stats()
	checkLaw(t, st)
	if st.Heaps != 1 || st.Packets != 2 || st.HeapsDiscarded[DiscardStopHeap] != 1 || st.Refused[spead.RefusedStopped] != 1 {
		t.Errorf("statistics: %+v", st)
	}
	if err := q.Add(nil); !errors.Is(err, inproc.ErrStopped) {
		t.Errorf("the other source was not closed: adding to its queue gave %v", err)
	}
}

func TestAKeptStopItemEndsNothing(t *testing.T) {
	memory := packetsOf(t, 1472, heapOf(10, 1), stopHeap(), heapOf(10, 2))
	s := newTestStream(t, Config{KeepStop: true}, &memorySource{rest: memory})
	var stops []bool
	for h := range s.Heaps(t.Context()) {
		stops = append(stops, h.IsStop())
		h.Release()
	}
	if !slices.Equal(stops, []bool{false, true, false}) {
		t.Errorf("heaps with a stop item: %v", stops)
	}
}

func TestASourceThatFailsEndsAlone(t *testing.T) {
	broken := errors.New("cable cut")
	packets := split(t, packetsOf(t, 1472, heapOf(10, 1), heapOf(10, 2), heapOf(10, 3)))
	bad := &listSource{datagrams: packets[:1], err: broken}
	s := newTestStream(t, Config{}, bad, &listSource{datagrams: packets[1:], err: io.EOF})
	n := 0
	for h := range s.Heaps(t.Context()) {
		n++
		h.Release()
	}
	if n != 3 || !errors.Is(s.Err(), broken) {
		t.Errorf("%d heaps arrived, error %v; want 3 and the source's", n, s.Err())
	}
	if !bad.closed {
		t.Error("the source was not closed when the stream ended")
	}
}

func TestAFullQueueStopsReadingAndCloseFreesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var packets []byte
		for i := range 10 {
			packets = append(packets, packetsOf(t, 1472, heapOf(10, i))...)
		}
		source := &listSource{datagrams: split(t, packets), err: io.EOF}
		s := newTestStream(t, Config{}, source)
		synctest.Wait()
		st := s.Stats()
		checkLaw(t, st)
		if st.WorkerBlocked != 1 || st.Packets != 4 || st.HeapsQueued != 4 {
			t.Errorf("with nobody taking heaps: %+v", st)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		st = s.Stats()
		checkLaw(t, st)
		if st.Heaps != 4 || st.HeapsQueued != 4 || st.Refused[spead.RefusedStopped] != 1 {
			t.Errorf("after Close: %+v", st)
		}
		for range 4 {
			if _, err := s.Next(t.Context()); err != nil {
				t.Fatalf("a heap in the queue was lost: %v", err)
			}
		}
		if _, err := s.Next(t.Context()); !errors.Is(err, ErrStopped) {
			t.Errorf("after the last heap, Next gave %v", err)
		}
		checkLaw(t, s.Stats())
	})
}

func TestNextHonoursItsContext(t *testing.T) {
	q, err := inproc.NewQueue(0)
	if err != nil {
		t.Fatal(err)
	}
	s := newTestStream(t, Config{}, &inprocSource{queue: q})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next gave %v", err)
	}
	if h, err := s.TryNext(); h != nil || err != nil {
		t.Errorf("TryNext gave %v, %v", h, err)
	}
}

func TestSeveralConsumersShareTheHeaps(t *testing.T) {
	var packets []byte
	for i := range 100 {
		packets = append(packets, packetsOf(t, 1472, heapOf(10, i))...)
	}
	s := newTestStream(t, Config{}, &memorySource{rest: packets})
	counts := make(chan int)
	for range 3 {
		go func() {
			n := 0
			for h := range s.Heaps(t.Context()) {
				n++
				h.Release()
			}
			counts <- n
		}()
	}
	if n := <-counts + <-counts + <-counts; n != 100 {
		t.Errorf("three consumers got %d heaps together, want 100", n)
	}
}

func TestAStreamThatWasStartedTakesNoMoreSources(t *testing.T) {
	s := newTestStream(t, Config{})
	late := &listSource{err: io.EOF}
	if err := s.AddSource(late); !errors.Is(err, ErrStarted) || !late.closed {
		t.Errorf("adding a source gave %v; closed: %v", err, late.closed)
	}
	if err := s.Start(); !errors.Is(err, ErrStarted) {
		t.Errorf("starting again gave %v", err)
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("a stream without sources gave %v", err)
	}
}

func TestConfigNamesTheFieldThatIsWrong(t *testing.T) {
	for field, cfg := range map[string]Config{
		"recv.Config.BugCompat":             {BugCompat: 8},
		"recv.Config.MaxHeaps":              {MaxHeaps: -1},
		"recv.Config.Substreams":            {Substreams: -1},
		"recv.Config.QueueHeaps":            {QueueHeaps: -1},
		"recv.Config.MaxHeapLength":         {MaxHeapLength: -1},
		"recv.Config.MaxMemory":             {MaxMemory: -1},
		"recv.Config.MaxItems":              {MaxItems: -1},
		"recv.Config.MaxHeaps × Substreams": {MaxHeaps: 1 << 15, Substreams: 1 << 15},
	} {
		_, err := NewStream(cfg)
		var wrong *spead.FieldError
		if !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

// TestAStopHeapOfSeveralPacketsIsNoLoss: the stop item acts with its packet, before the rest of its
// heap has come.
func TestAStopHeapOfSeveralPacketsIsNoLoss(t *testing.T) {
	memory := packetsOf(t, 56, heapOf(8, 0), stopHeap())
	s := newTestStream(t, Config{}, &memorySource{rest: memory})
	for h := range s.Heaps(t.Context()) {
		h.Release()
	}
	st := s.Stats()
	if st.IncompleteHeapsFlushed != 1 || st.HeapsDiscarded[DiscardFlushed] != 0 || st.HeapsDiscarded[DiscardStopHeap] != 1 {
		t.Errorf("%d flushed, %v discarded", st.IncompleteHeapsFlushed, st.HeapsDiscarded)
	}
	checkLaw(t, st)
}
