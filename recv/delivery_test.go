// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/gospead/spead"
	"github.com/gospead/spead/inproc"
)

// loopPoller gives the same datagrams again and again, and never ends.
type loopPoller struct {
	datagrams [][]byte
}

func (l *loopPoller) ReadBatch(b *Batch) error { return l.TryReadBatch(b) }

func (l *loopPoller) TryReadBatch(b *Batch) error {
	b.Datagrams = append(b.Datagrams, l.datagrams...)
	return nil
}

func (l *loopPoller) Wait() error { return nil }

func (l *loopPoller) Close() error { return nil }

// tenHeaps gives the packets of ten heaps of a packet each.
func tenHeaps(t testing.TB) [][]byte {
	t.Helper()
	var packets []byte
	for i := range 10 {
		packets = append(packets, packetsOf(t, 1472, heapOf(10, i))...)
	}
	return split(t, packets)
}

func TestAFullQueueDropsWhatThePolicySays(t *testing.T) {
	for policy, want := range map[WhenFull][]byte{DropOldest: {6, 7, 8, 9}, DropNewest: {0, 1, 2, 3}} {
		synctest.Test(t, func(t *testing.T) {
			s := newTestStream(t, Config{WhenFull: policy, CheckAccounts: true}, &listSource{datagrams: tenHeaps(t), err: io.EOF})
			synctest.Wait() // nobody takes heaps until all have come
			var got []byte
			for h := range s.Heaps(t.Context()) {
				got = append(got, h.Payload()[0])
				h.Release()
			}
			st := s.Stats()
			if dropped := st.HeapsDiscarded[DiscardOldest] + st.HeapsDiscarded[DiscardNewest]; !slices.Equal(got, want) || dropped != 6 {
				t.Errorf("policy %d: heaps %v came, %d were dropped", policy, got, dropped)
			}
			checkLaw(t, st)
		})
	}
}

func TestTheQueueIsBoundedInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestStream(t, Config{QueueHeaps: 100, QueueBytes: 25}, &listSource{datagrams: tenHeaps(t), err: io.EOF})
		synctest.Wait()
		if st := s.Stats(); st.HeapsQueued != 3 || st.WorkerBlocked != 1 {
			t.Errorf("%d heaps of 10 bytes are queued, blocked %d times", st.HeapsQueued, st.WorkerBlocked)
		}
	})
}

func TestOnHeapGetsEveryHeapAndNextTheEnd(t *testing.T) {
	for _, source := range []Source{
		&listSource{datagrams: tenHeaps(t), err: io.EOF},
		&memorySource{rest: slices.Concat(tenHeaps(t)...)},
	} {
		var s *Stream
		var got []byte
		var inside Stats
		var err error
		s, err = NewStream(Config{CheckAccounts: true, OnHeap: func(h *Heap) {
			got = append(got, h.Payload()[0])
			inside = s.Stats() // which must not wait for the loop
			h.Release()
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		must(t, s.AddSource(source), s.Start())
		if _, err := s.Next(t.Context()); !errors.Is(err, ErrStopped) {
			t.Errorf("Next gave %v", err)
		}
		if want := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}; !slices.Equal(got, want) {
			t.Errorf("OnHeap got %v", got)
		}
		st := s.Stats()
		if st.HeapsDelivered != 10 || inside.HeapsDelivered > 9 {
			t.Errorf("%d heaps are counted, %d during the last", st.HeapsDelivered, inside.HeapsDelivered)
		}
		checkLaw(t, inside)
		checkLaw(t, st)
	}
}

func TestTheSteadyStateAllocatesNothing(t *testing.T) {
	packets := split(t, packetsOf(t, 1472, heapOf(10, 1), heapOf(5000, 2), heapOf(100_000, 3)))
	for name, cfg := range map[string]Config{
		"defaults":                  {},
		"every figure, any order":   {AllowOutOfOrder: true, MergeOverlaps: true, CntStep: 1, CheckAccounts: true},
		"a scattering of the bytes": {Scatter: func(memory []byte, _ PacketHeader, offset int64, part []byte) { copy(memory[offset:], part) }},
	} {
		s := newTestStream(t, cfg, &loopPoller{packets})
		run := func() {
			h, err := s.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			h.Release()
		}
		for range 100 {
			run()
		}
		if n := testing.AllocsPerRun(1000, run); n != 0 {
			t.Errorf("%s: %v allocations a heap", name, n)
		}
	}
}

func TestCloseAtEachPointOfAStreamsLife(t *testing.T) {
	begin := map[string]func(t *testing.T, s *Stream, q *inproc.Queue){
		"before it has sources": func(*testing.T, *Stream, *inproc.Queue) {},
		"before it was started": func(t *testing.T, s *Stream, q *inproc.Queue) { must(t, s.AddInproc(q)) },
		"when it waits":         func(t *testing.T, s *Stream, q *inproc.Queue) { must(t, s.AddInproc(q), s.Start()) },
		"with a full queue": func(t *testing.T, s *Stream, _ *inproc.Queue) {
			must(t, s.AddSource(&listSource{datagrams: tenHeaps(t), err: io.EOF}), s.Start())
		},
		"with a source that never has nothing": func(t *testing.T, s *Stream, _ *inproc.Queue) {
			must(t, s.AddSource(&loopPoller{tenHeaps(t)}), s.Start())
		},
		"when it has ended": func(t *testing.T, s *Stream, _ *inproc.Queue) {
			must(t, s.Start())
			if _, err := s.Next(t.Context()); !errors.Is(err, ErrStopped) {
				t.Fatal(err)
			}
		},
	}
	for name, f := range begin {
		for _, waiting := range []bool{false, true} {
			s, err := NewStream(Config{CheckAccounts: true})
			if err != nil {
				t.Fatal(err)
			}
			q, err := inproc.NewQueue(0)
			if err != nil {
				t.Fatal(err)
			}
			f(t, s, q)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for waiting {
					h, err := s.Next(context.Background())
					if err != nil {
						return
					}
					h.Release()
				}
			}()
			must(t, s.Close(), s.Close())
			<-ended
			for h := range s.Heaps(t.Context()) {
				h.Release()
			}
			st := s.Stats()
			if err := errors.Join(st.Check(), s.Err()); err != nil || st.PayloadBytesInFlight != 0 {
				t.Errorf("closed %s: %v, %+v", name, err, st)
			}
			if err := s.Start(); !errors.Is(err, ErrStarted) {
				t.Errorf("closed %s: starting it gave %v", name, err)
			}
		}
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestACancelledNextLeavesTheStreamToOthers(t *testing.T) {
	q, err := inproc.NewQueue(0)
	if err != nil {
		t.Fatal(err)
	}
	s := newTestStream(t, Config{}, &inprocSource{queue: q})
	ctx, cancel := context.WithCancel(t.Context())
	given := make(chan error)
	go func() {
		_, err := s.Next(ctx)
		given <- err
	}()
	cancel()
	if err := <-given; !errors.Is(err, context.Canceled) {
		t.Errorf("Next gave %v", err)
	}
	must(t, q.Add(tenHeaps(t)[0]))
	h, err := s.Next(t.Context())
	if err != nil || h.Payload()[0] != 0 {
		t.Fatalf("the next Next gave %v", err)
	}
	h.Release()
}

func TestASlowConsumerDisturbsNoOtherStream(t *testing.T) {
	slow := newTestStream(t, Config{}, &loopPoller{tenHeaps(t)})
	fast := newTestStream(t, Config{}, &memorySource{rest: slices.Concat(slices.Repeat(tenHeaps(t), 100)...)})
	h, err := slow.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for h := range fast.Heaps(t.Context()) {
		n++
		h.Release()
	}
	if n != 1000 {
		t.Errorf("%d heaps came while another stream's consumer had one", n)
	}
	h.Release()
}

func TestLatePacketsAndRepeatedHeapsAreTold(t *testing.T) {
	packets := split(t, packetsOf(t, 100, heapOf(150, 1)))
	once := append(slices.Clone(packets), packets[len(packets)-1])
	s := newTestStream(t, Config{}, &listSource{datagrams: append(once, packets...), err: io.EOF})
	n := 0
	for h := range s.Heaps(t.Context()) {
		n++
		h.Release()
	}
	st := s.Stats()
	if n != 2 || st.Refused[spead.RefusedLate] != 1 || st.HeapsBegunAgain != 1 {
		t.Errorf("%d heaps; statistics: %+v", n, st)
	}
}

func TestStopLosesNothingThatWasRead(t *testing.T) {
	for _, cfg := range []Config{{Incomplete: true}, {Incomplete: true, AllowOutOfOrder: true, QueueHeaps: 1}} {
		q, err := inproc.NewQueue(0)
		if err != nil {
			t.Fatal(err)
		}
		s := newTestStream(t, cfg, &inprocSource{queue: q})
		packets := split(t, packetsOf(t, 100, heapOf(150, 1)))
		for _, p := range append(tenHeaps(t)[:3], packets[0]) {
			must(t, q.Add(p))
		}
		if h, err := s.Next(t.Context()); err != nil || !h.Complete() {
			t.Fatalf("Next gave %v", err)
		}
		must(t, s.Stop(), s.Stop())
		var complete []bool
		for h := range s.Heaps(t.Context()) {
			complete = append(complete, h.Complete())
			h.Release()
		}
		if !slices.Equal(complete, []bool{true, true, false}) || s.Err() != nil {
			t.Errorf("heaps after Stop: %v; %v", complete, s.Err())
		}
		checkLaw(t, s.Stats())
	}
	s, err := NewStream(Config{})
	must(t, err, s.Stop())
	if _, err := s.Next(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("stopped before it was started: %v", err)
	}
	must(t, s.Close())
}

// TestSourcesHaveTurns takes heaps one by one from two sources that always have more.
func TestSourcesHaveTurns(t *testing.T) {
	s := newTestStream(t, Config{}, &loopPoller{datagrams: tenHeaps(t)}, &loopPoller{datagrams: tenHeaps(t)})
	for range 40 {
		nextHeap(t, s).Release()
	}
	for i, source := range s.Stats().Sources {
		if source.Packets < 20 {
			t.Errorf("source %d was read for %d packets of 40", i, source.Packets)
		}
	}
}
