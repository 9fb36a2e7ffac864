// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"sync"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/wire"
)

// reader moves datagrams from one source into the stream until either ends.
type reader struct {
	stream *Stream
	source Source
	batch  Batch
}

func (r *reader) run() {
	for r.fill() {
		r.stream.takeBatch(&r.batch)
	}
	r.stream.readerEnded()
}

// fill reads a batch; false means that the source has ended and the batch is empty.
func (r *reader) fill() bool {
	r.batch.reset()
	err := r.source.ReadBatch(&r.batch)
	if err != nil {
		r.stream.sourceEnded(err)
		if r.batch.empty() {
			return false
		}
		r.source = endedSource{}
	}
	return true
}

// assembly is the state that all readers of a stream share.
type assembly struct {
	// mu guards everything below. A reader takes it once per batch, and holds it while it waits for
	// room in the consumer's queue: packets must be taken in the order in which they came.
	mu        sync.Mutex
	assembler *assembler.Assembler
	packet    wire.Packet
	work      Stats   // the figures as the readers go; the ledger shows them
	ready     []*Heap // finished in this batch, to be handed on
	spare     []*Heap // for reuse
	logged    [spead.RefusalCount]bool
	active    int // readers that haven't ended
	ended     bool
}

// takeBatch takes all packets of a batch: decode, assemble, hand on. Refusals are counted, never
// returned.
func (s *Stream) takeBatch(b *Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reclaim()
	for _, d := range b.Datagrams {
		s.work.Refused[s.take(d)]++
	}
	s.countBatch(b)
	if s.assembler.Stopped() {
		s.end()
	} else {
		s.handOn()
	}
}

// take takes one datagram.
func (s *Stream) take(datagram []byte) spead.Refusal {
	if s.ended || s.assembler.Stopped() {
		return spead.RefusedStopped
	}
	size, refusal := s.packet.Decode(datagram)
	switch {
	case refusal != spead.Accepted:
		return refusal
	case size < len(datagram):
		return spead.RefusedTrailingBytes
	}
	refusal = s.assembler.Add(&s.packet)
	s.collect()
	return refusal
}

// collect takes finished heaps out of the assembler: those to deliver and those to discard.
func (s *Stream) collect() {
	for h := s.assembler.Next(); h != nil; h = s.assembler.Next() {
		s.count(h)
		if reason, discard := s.verdict(h); discard {
			s.work.HeapsDiscarded[reason]++
			s.work.PayloadBytesDiscarded[reason] += h.Received()
			s.memory.Free(h.TakePayload())
			s.assembler.Recycle(h)
			continue
		}
		s.ready = append(s.ready, s.wrap(h))
	}
}

// verdict decides whether a finished heap is discarded, and why.
func (s *Stream) verdict(h *assembler.Heap) (Discard, bool) {
	switch {
	case h.End() == assembler.StopItem:
		return DiscardStopHeap, true
	case h.Complete() || s.cfg.Incomplete:
		return 0, false
	case h.End() == assembler.Evicted:
		return DiscardEvicted, true
	case s.assembler.Stopped() && h.IsCtrl(spead.CtrlStop):
		return DiscardStopHeap, true
	default:
		return DiscardFlushed, true
	}
}

func (s *Stream) count(h *assembler.Heap) {
	switch h.End() {
	case assembler.StopItem:
		return
	case assembler.Evicted:
		s.work.IncompleteHeapsEvicted++
	case assembler.Flushed:
		s.work.IncompleteHeapsFlushed++
	}
	s.work.Heaps++
}

// handOn shows the figures and gives the heaps that are ready to the consumer, waiting for room.
func (s *Stream) handOn() {
	var bytes int64
	for _, h := range s.ready {
		bytes += h.inner.Received()
	}
	s.ledger.publish(&s.work, s.assembler.Counters().LiveBytes, len(s.ready), bytes)
	rest := s.ready
	for len(rest) > 0 {
		var closed bool
		if rest, closed = s.queue.tryPush(rest); closed {
			s.discardQueued(rest)
			break
		}
		if len(rest) > 0 {
			s.ledger.blocked()
			<-s.queue.notFull
		}
	}
	clear(s.ready)
	s.ready = s.ready[:0]
}

// readerEnded ends the stream when its last reader has ended.
func (s *Stream) readerEnded() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active--
	if s.active == 0 {
		s.end()
	}
}

// end flushes what is in progress and ends the stream, once. Preconditions: mu is held.
func (s *Stream) end() {
	if s.ended {
		return
	}
	s.ended = true
	s.closeSources()
	s.assembler.Flush()
	s.collect()
	s.handOn()
	s.queue.finish()
}
