// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"fmt"
	"sync"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/packetizer"
)

// Stream sends heaps. All its methods may be called from any number of goroutines. Heaps leave in
// the order in which they were accepted; nothing that was accepted is dropped without its result
// saying so.
type Stream struct {
	cfg        Config
	pacing     Pacing // set before anybody has the stream
	substreams int
	queue      *queue
	handover
	counters  counters
	failures  failures
	sender    sender        // belongs to who holds the baton
	second    *second       // the worker's own, for unordered batches
	finished  chan struct{} // closed when the worker has returned
	closeOnce sync.Once
	closeErr  error

	// mu guards the heap cnt sequence. It is taken with the queue's lock held.
	mu         sync.Mutex
	next, step spead.HeapCnt

	// singlesMu guards batches of one heap each that Send reuses.
	singlesMu sync.Mutex
	singles   []*Batch
}

// newStream starts a stream over t, which it owns from now on. Preconditions: cfg is checked.
func newStream(cfg Config, t transport, substreams int) *Stream {
	s := &Stream{cfg: cfg, substreams: substreams, finished: make(chan struct{}), next: 1, step: 1}
	s.wake = make(chan struct{}, 1)
	s.failures.logger = cfg.Logger
	s.queue = newQueue(load{cfg.MaxHeaps, cfg.MaxBytes}, s.assignCnts)
	s.sender = sender{
		queue:     s.queue,
		transport: t,
		pacer:     newPacer(&cfg),
		clock:     newClock(),
		stats:     &s.counters,
		failures:  &s.failures,
		packets:   packets{queue: s.queue},
	}
	s.sender.prompt, _ = t.(prompt)
	s.second = &second{stream: s}
	go s.work()
	return s
}

// newPacedStream is newStream for a transport whose kernel may be the one that paces.
func newPacedStream(cfg Config, by Pacing, t transport, substreams int) *Stream {
	if by == PacingKernel {
		cfg.Rate = 0
	}
	s := newStream(cfg, t, substreams)
	s.pacing = by
	return s
}

// Send sends one heap with the next heap cnt on substream 0 and waits until it has left or failed.
// The heap is the caller's again when Send returns, whatever it returns: if ctx ends first, what
// hasn't left yet is withdrawn, and the result says how many bytes had.
func (s *Stream) Send(ctx context.Context, h *Heap) (Result, error) {
	return s.SendRef(ctx, Ref{Heap: h})
}

// SendRef is Send with a choice of heap cnt, substream and rate.
func (s *Stream) SendRef(ctx context.Context, r Ref) (Result, error) {
	b := s.takeSingle()
	defer s.putSingle(b)
	b.Heaps[0] = r
	if err := s.submit(b, func() error { return s.push(ctx, b) }, true); err != nil {
		return Result{Err: err}, err
	}
	err := b.Wait(ctx)
	if ctx.Err() != nil {
		b.Cancel()
		err = b.Wait(context.WithoutCancel(ctx))
	}
	return b.results[0], err
}

func (s *Stream) takeSingle() *Batch {
	s.singlesMu.Lock()
	defer s.singlesMu.Unlock()
	n := len(s.singles)
	if n == 0 {
		return &Batch{Heaps: make([]Ref, 1)}
	}
	b := s.singles[n-1]
	s.singles = s.singles[:n-1]
	return b
}

func (s *Stream) putSingle(b *Batch) {
	b.Heaps[0] = Ref{}
	s.singlesMu.Lock()
	defer s.singlesMu.Unlock()
	s.singles = append(s.singles, b)
}

// SendBatch queues a batch, all of it or none, and waits only for room in the queue. The batch
// belongs to the stream until its Wait returns. Errors: *spead.FieldError if a heap can't be sent as
// it is, ErrBatchInFlight, ErrClosed, or ctx's; in all these cases nothing was queued and no heap
// cnt was used up.
func (s *Stream) SendBatch(ctx context.Context, b *Batch) error {
	return s.submit(b, func() error { return s.push(ctx, b) }, false)
}

// TrySendBatch is SendBatch without waiting: it answers ErrQueueFull if there is no room now.
func (s *Stream) TrySendBatch(b *Batch) error {
	return s.submit(b, func() error { return s.tryPush(b) }, false)
}

// submit checks, queues and engages. waits says that the caller will wait for the batch.
func (s *Stream) submit(b *Batch, push func() error, waits bool) error {
	s.comes(s.sender.clock.now())
	defer func() { s.leaves(s.sender.clock.now()) }()
	if err := b.begin(s); err != nil {
		return err
	}
	err := s.check(b)
	// Once it is queued, b may be done, and somebody who waits for it may change it.
	order, bytes, rated := b.Order, b.load.bytes, b.rated
	if err == nil {
		err = push()
	}
	if err != nil {
		b.abandon()
		return err
	}
	if order == Unordered && s.second.prepare() {
		s.rouse() // to share it
		waits = true
	}
	if !waits && !rated && s.gathers(bytes) {
		s.leave()
		return nil
	}
	s.engage(b, waits || s.callerSends(bytes))
	return nil
}

// cut is how heaps are cut into packets now: with the configured size, or what the transport has
// found out.
func (s *Stream) cut() packetizer.Cut {
	c := packetizer.Cut{MaxPacketSize: s.cfg.MaxPacketSize, Equal: s.cfg.Layout == LayoutEqual}
	if t, ok := s.sender.transport.(sizer); ok {
		c.MaxPacketSize = t.MaxPacketSize()
	}
	return c
}

// check refuses whatever could go wrong later, and plans how the batch is cut into packets.
func (s *Stream) check(b *Batch) error {
	if n := len(b.Heaps); n == 0 || n > s.cfg.MaxHeaps {
		return &spead.FieldError{Field: "send.Batch.Heaps", Value: fmt.Sprintf("%d heaps", n),
			Allowed: fmt.Sprintf("1 to %d (send.Config.MaxHeaps)", s.cfg.MaxHeaps)}
	}
	if b.Order > Unordered {
		return &spead.FieldError{Field: "send.Batch.Order", Value: uint8(b.Order), Allowed: "Serial, RoundRobin or Unordered"}
	}
	cut := s.cut()
	b.load = load{heaps: len(b.Heaps)}
	b.plans, b.rated = b.plans[:0], false
	for i := range b.Heaps {
		p, err := s.checkRef(&b.Heaps[i], cut)
		if err == nil && b.Order == Unordered && b.Heaps[i].Rate != 0 {
			err = &spead.FieldError{Field: "send.Ref.Rate", Value: b.Heaps[i].Rate, Allowed: "0 in an unordered batch"}
		}
		if err != nil {
			return fmt.Errorf("check heap %d of %d: %w", i+1, len(b.Heaps), err)
		}
		b.plans = append(b.plans, p)
		b.rated = b.rated || b.Heaps[i].Rate != 0
		b.load.bytes += p.PayloadLength()
	}
	return s.checkBytes(b.load.bytes)
}

func (s *Stream) checkRef(r *Ref, cut packetizer.Cut) (*plan, error) {
	switch {
	case r.Heap == nil:
		return nil, &spead.FieldError{Field: "send.Ref.Heap", Value: "nil", Allowed: "a heap"}
	case r.Substream < 0 || r.Substream >= s.substreams:
		return nil, &spead.FieldError{Field: "send.Ref.Substream", Value: r.Substream,
			Allowed: fmt.Sprintf("0 to %d: the stream's endpoints", s.substreams-1)}
	case !(r.Rate >= 0):
		return nil, &spead.FieldError{Field: "send.Ref.Rate", Value: r.Rate, Allowed: "0 (the stream's) or more bytes per second"}
	case r.Rate != 0 && s.pacing == PacingKernel:
		return nil, &spead.FieldError{Field: "send.Ref.Rate", Value: r.Rate, Allowed: "0 with PacingKernel, which knows one rate"}
	}
	p, err := r.Heap.planFor(cut)
	if err == nil && r.Cnt.exact {
		err = r.Heap.contents.CheckCnt(r.Cnt.cnt)
	}
	return p, err
}

// checkBytes refuses a batch that would never find room.
func (s *Stream) checkBytes(bytes int64) error {
	if bytes > s.cfg.MaxBytes {
		return &spead.FieldError{Field: "send.Batch.Heaps", Value: fmt.Sprintf("%d bytes of payload", bytes),
			Allowed: fmt.Sprintf("up to %d (send.Config.MaxBytes)", s.cfg.MaxBytes)}
	}
	return nil
}

// SetCntSequence makes next the heap cnt of the next heap that takes one of the sequence, and step
// the distance to the one after. step is at least 1. Counting wraps around at the width of each
// heap's flavour. Senders that feed one receiver take different next and a step of their number.
func (s *Stream) SetCntSequence(next, step spead.HeapCnt) error {
	if step == 0 {
		return &spead.FieldError{Field: "heap cnt step", Value: 0, Allowed: "1 or more"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next, s.step = next, step
	return nil
}

// assignCnts gives each heap of a batch that is being queued its heap cnt.
func (s *Stream) assignCnts(b *Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b.Heaps {
		r := &b.Heaps[i]
		if r.Cnt.exact {
			b.results[i].Cnt = r.Cnt.cnt
			continue
		}
		b.results[i].Cnt = s.next & r.Heap.contents.Flavour.MaxHeapCnt()
		s.next += s.step
	}
}

// Substreams is the number of destinations that a Ref can choose from.
func (s *Stream) Substreams() int { return s.substreams }

// Flush waits until all that was queued before has left or failed. What others queue meanwhile
// doesn't delay it.
func (s *Stream) Flush(ctx context.Context) error {
	completed := s.queue.whenCompleted()
	s.lendHand(nil)
	select {
	case <-completed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stats returns what the stream has done so far.
func (s *Stream) Stats() Stats {
	st := s.counters.snapshot()
	st.HeapsInFlight = s.queue.depth().heaps
	if t, ok := s.sender.transport.(observed); ok {
		st.Transport = t.TransportStats()
	}
	return st
}

// Close refuses new heaps with ErrClosed, sends what was accepted, and returns when the stream's
// goroutine and sockets are gone. It may be called more than once and from any goroutine. To give up
// what is queued, Cancel its batches first.
func (s *Stream) Close() error {
	s.closeOnce.Do(func() {
		s.queue.close()
		if t, ok := s.sender.transport.(patient); ok {
			t.Hurry()
		}
		s.closed.Store(true)
		s.rouse()
		<-s.finished
		s.second.close()
		s.failures.flush()
		s.closeErr = s.sender.transport.Close()
	})
	return s.closeErr
}
