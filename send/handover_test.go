// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// promptTransport is a transport that callers can write to. While it is full, trying gets nowhere, and
// waiting lasts until room is made.
type promptTransport struct {
	mu            sync.Mutex
	full          bool
	room          chan struct{}
	tried, waited int // packets
	cnts          []spead.HeapCnt
}

func newPromptTransport(full bool) *promptTransport {
	return &promptTransport{full: full, room: make(chan struct{})}
}

func (p *promptTransport) take(d []wire.Datagram) {
	for i := range d {
		var packet wire.Packet
		packet.Decode(d[i].AppendTo(nil))
		p.cnts = append(p.cnts, packet.Cnt)
	}
}

func (p *promptTransport) TryWriteBatch(d []wire.Datagram) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full {
		return 0, nil
	}
	p.take(d)
	p.tried += len(d)
	return len(d), nil
}

func (p *promptTransport) WriteBatch(d []wire.Datagram) (int, error) {
	p.mu.Lock()
	full := p.full
	p.mu.Unlock()
	if full {
		<-p.room
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(d)
	p.waited += len(d)
	return len(d), nil
}

func (p *promptTransport) Close() error { return nil }

// makeRoom ends being full.
func (p *promptTransport) makeRoom() {
	p.mu.Lock()
	p.full = false
	p.mu.Unlock()
	close(p.room)
}

func newPromptStream(t *testing.T, cfg Config, tr transport) *Stream {
	t.Helper()
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	s := newStream(cfg, tr, 1)
	t.Cleanup(func() { s.Close() })
	return s
}

func TestCallersSendWhatIsSmall(t *testing.T) {
	tr := newPromptTransport(false)
	s := newPromptStream(t, Config{MaxHeaps: 64}, tr)
	heaps := []Ref{{Heap: heapOf(100)}, {Heap: heapOf(companyBytes)}}
	for range 100 {
		b := &Batch{Heaps: heaps}
		if err := s.SendBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		// The caller has sent it, so that it is done without anybody waiting.
		if !b.isDone() {
			t.Fatal("a small batch wasn't sent by its caller")
		}
	}
	if tr.waited != 0 || tr.tried == 0 {
		t.Errorf("%d packets were sent by callers, %d by the worker", tr.tried, tr.waited)
	}
	checkSequence(t, tr.cnts, 200)
}

func TestTheWorkerSendsWhatIsLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newPromptTransport(true)
		s := newPromptStream(t, Config{}, tr)
		b := &Batch{Heaps: []Ref{{Heap: heapOf(workerBytes)}}}
		if err := s.SendBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the worker waits for room now
		if b.isDone() {
			t.Fatal("a batch is done that found no room")
		}
		tr.makeRoom()
		if err := b.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if tr.waited == 0 {
			t.Error("the worker sent nothing")
		}
		s.Close()
	})
}

func TestACallerLeavesWaitingToTheWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newPromptTransport(true)
		s := newPromptStream(t, Config{MaxHeaps: 8}, tr)
		b := &Batch{Heaps: []Ref{{Heap: heapOf(100)}}}
		if err := s.SendBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("waiting with a context that has ended: %v", err)
		}
		synctest.Wait()
		tr.makeRoom()
		if err := b.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if tr.tried != 0 || tr.waited != 1 {
			t.Errorf("%d packets were sent by the caller, %d by the worker", tr.tried, tr.waited)
		}
		s.Close()
	})
}

func TestWhatIsQueuedBehindAFullTransportKeepsItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newPromptTransport(true)
		s := newPromptStream(t, Config{MaxHeaps: 64}, tr)
		var batches []*Batch
		for range 20 {
			b := &Batch{Heaps: []Ref{{Heap: heapOf(3000)}, {Heap: heapOf(10)}}}
			if err := s.SendBatch(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			batches = append(batches, b)
		}
		synctest.Wait()
		tr.makeRoom()
		for _, b := range batches {
			if err := b.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		checkSequence(t, tr.cnts, 20*2)
		s.Close()
	})
}

// checkSequence wants the cnts from 1 to heaps in order, each one or more times.
func checkSequence(t *testing.T, cnts []spead.HeapCnt, heaps int) {
	t.Helper()
	last := spead.HeapCnt(0)
	for i, cnt := range cnts {
		if cnt != last && cnt != last+1 {
			t.Fatalf("packet %d is of heap %d after heap %d", i, cnt, last)
		}
		last = cnt
	}
	if int(last) != heaps {
		t.Errorf("the last heap is %d, want %d", last, heaps)
	}
}

// TestManyCallersKeepTheOrderInWhichTheyQueued has callers, some of which wait and some of which don't,
// send over a transport that is full now and then.
func TestManyCallersKeepTheOrderInWhichTheyQueued(t *testing.T) {
	const callers, rounds = 8, 200
	tr := &flakyTransport{}
	s := newPromptStream(t, Config{MaxHeaps: 32}, tr)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			h := heapOf(500 * (1 + i%3))
			b := &Batch{}
			for range rounds {
				if err := errors.Join(b.Wait(t.Context()), b.send(t, s, h)); err != nil {
					t.Error(err)
					return
				}
				if _, err := s.Send(t.Context(), h); i%2 == 0 && err != nil {
					t.Error(err)
				}
			}
			if err := b.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkSequence(t, tr.cnts, int(s.Stats().Heaps))
	if st := s.Stats(); st.FailedHeaps != 0 || st.HeapsInFlight != 0 || st.Heaps != callers*rounds*3 {
		t.Errorf("%+v", st)
	}
}

// send sends two heaps with the batch.
func (b *Batch) send(t *testing.T, s *Stream, h *Heap) error {
	b.Heaps = append(b.Heaps[:0], Ref{Heap: h}, Ref{Heap: h})
	return s.SendBatch(t.Context(), b)
}

// flakyTransport takes every third try only in part.
type flakyTransport struct {
	promptTransport
	tries int
}

func (f *flakyTransport) TryWriteBatch(d []wire.Datagram) (int, error) {
	f.tries++
	if f.tries%3 == 0 {
		d = d[:len(d)/2]
	}
	return f.promptTransport.TryWriteBatch(d)
}

func TestClosingEndsTheWorkerOfAStreamThatCallersServe(t *testing.T) {
	for range 200 {
		s := newPromptStream(t, Config{}, newPromptTransport(false))
		if _, err := s.Send(t.Context(), heapOf(8)); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send(t.Context(), heapOf(8)); !errors.Is(err, ErrClosed) {
			t.Fatalf("sending on a closed stream: %v", err)
		}
	}
}

// gatedTransport takes what callers try to send only when it is told to.
type gatedTransport struct {
	promptTransport
	gate chan struct{}
}

func (g *gatedTransport) TryWriteBatch(d []wire.Datagram) (int, error) {
	<-g.gate
	return g.promptTransport.TryWriteBatch(d)
}

func TestCloseWaitsForACallerThatIsSending(t *testing.T) {
	for _, order := range []Order{Serial, Unordered} {
		synctest.Test(t, func(t *testing.T) {
			tr := &gatedTransport{gate: make(chan struct{})}
			s := newPromptStream(t, Config{}, tr)
			b := &Batch{Heaps: []Ref{{Heap: heapOf(8)}}, Order: order}
			sent, closed := make(chan error), make(chan error)
			go func() { sent <- errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context())) }()
			synctest.Wait() // the caller has the baton
			go func() { closed <- s.Close() }()
			synctest.Wait() // the worker has looked for something to do, and found the baton taken
			close(tr.gate)
			if err := <-sent; err != nil {
				t.Errorf("what was accepted ended with %v", err)
			}
			if err := <-closed; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAnIdleStreamKeepsNothingOfItsUsers looks at what the sender still refers to.
func TestAnIdleStreamKeepsNothingOfItsUsers(t *testing.T) {
	s := newPromptStream(t, Config{MaxHeaps: 64}, newPromptTransport(false))
	b := &Batch{Heaps: []Ref{{Heap: heapOf(3000)}, {Heap: heapOf(10)}}}
	if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context())); err != nil {
		t.Fatal(err)
	}
	for i := range s.sender.datagrams {
		for _, piece := range s.sender.datagrams[i].Payload[:cap(s.sender.datagrams[i].Payload)] {
			if piece != nil {
				t.Fatalf("datagram %d still refers to %d bytes", i, len(piece))
			}
		}
		if s.sender.owners[i].batch != nil {
			t.Fatalf("datagram %d still refers to its batch", i)
		}
	}
}
