// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"fmt"
	"sync"

	"github.com/gospead/spead"
)

// Stream sends heaps. All its methods may be called from any number of goroutines. Heaps leave in
// the order in which they were accepted; nothing that was accepted is dropped without its result
// saying so.
type Stream struct {
	cfg        Config
	substreams int
	sender     sender
	finished   chan struct{} // closed when the sender has returned
	closeOnce  sync.Once
	closeErr   error

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
	s.sender = sender{
		queue:     newQueue(cfg.MaxHeaps, s.assignCnts),
		transport: t,
		pacer:     newPacer(&cfg),
		clock:     newClock(),
	}
	go func() {
		defer close(s.finished)
		s.sender.run()
	}()
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
	if err := s.SendBatch(ctx, b); err != nil {
		return Result{Err: err}, err
	}
	err := b.Wait(ctx)
	if ctx.Err() != nil {
		b.Cancel()
		s.sender.interrupt()
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
	if err := s.accept(b); err != nil {
		return err
	}
	if err := s.sender.queue.push(ctx, b); err != nil {
		b.abandon()
		return err
	}
	return nil
}

// TrySendBatch is SendBatch without waiting: it answers ErrQueueFull if there is no room now.
func (s *Stream) TrySendBatch(b *Batch) error {
	if err := s.accept(b); err != nil {
		return err
	}
	if err := s.sender.queue.tryPush(b); err != nil {
		b.abandon()
		return err
	}
	return nil
}

// accept makes a batch the stream's. It is packetized with the size that it was checked with.
func (s *Stream) accept(b *Batch) error {
	packetSize := s.maxPacketSize()
	if err := s.check(b, packetSize); err != nil {
		return err
	}
	if err := b.begin(); err != nil {
		return err
	}
	b.packetSize = packetSize
	return nil
}

// maxPacketSize is the configured one, or what the transport has found out.
func (s *Stream) maxPacketSize() int {
	if t, ok := s.sender.transport.(sizer); ok {
		return t.MaxPacketSize()
	}
	return s.cfg.MaxPacketSize
}

// check refuses whatever could go wrong later, so that a batch that is queued can be packetized.
func (s *Stream) check(b *Batch, packetSize int) error {
	if n := len(b.Heaps); n == 0 || n > s.cfg.MaxHeaps {
		return &spead.FieldError{Field: "send.Batch.Heaps", Value: fmt.Sprintf("%d heaps", n),
			Allowed: fmt.Sprintf("1 to %d (send.Config.MaxHeaps)", s.cfg.MaxHeaps)}
	}
	if b.Order > RoundRobin {
		return &spead.FieldError{Field: "send.Batch.Order", Value: uint8(b.Order), Allowed: "Serial or RoundRobin"}
	}
	for i := range b.Heaps {
		if err := s.checkRef(&b.Heaps[i], packetSize); err != nil {
			return fmt.Errorf("check heap %d of %d: %w", i+1, len(b.Heaps), err)
		}
	}
	return nil
}

func (s *Stream) checkRef(r *Ref, packetSize int) error {
	switch {
	case r.Heap == nil:
		return &spead.FieldError{Field: "send.Ref.Heap", Value: "nil", Allowed: "a heap"}
	case r.Substream < 0 || r.Substream >= s.substreams:
		return &spead.FieldError{Field: "send.Ref.Substream", Value: r.Substream,
			Allowed: fmt.Sprintf("0 to %d: the stream's endpoints", s.substreams-1)}
	case !(r.Rate >= 0):
		return &spead.FieldError{Field: "send.Ref.Rate", Value: r.Rate, Allowed: "0 (the stream's) or more bytes per second"}
	}
	return r.Heap.contents.Check(r.Cnt.cnt, packetSize)
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
	select {
	case <-s.sender.queue.whenCompleted():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stats returns what the stream has done so far.
func (s *Stream) Stats() Stats {
	st := s.sender.stats.snapshot()
	st.HeapsInFlight = s.sender.queue.depth()
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
		s.sender.queue.close()
		if t, ok := s.sender.transport.(patient); ok {
			t.Hurry()
		}
		<-s.finished
		s.closeErr = s.sender.transport.Close()
	})
	return s.closeErr
}
