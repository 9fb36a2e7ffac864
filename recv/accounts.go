// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
)

// countBatch brings the figures up to date after a batch. Preconditions: mu is held.
func (s *Stream) countBatch(b *Batch) {
	w := &s.work
	for reason, count := range b.Refused.All() {
		w.Refused[reason] += count
	}
	w.ForeignFrames += b.Foreign
	w.KernelDrops += b.KernelDrops
	w.Batches++
	w.MaxBatch = max(w.MaxBatch, int64(len(b.Datagrams)))
	w.PacketsAccepted = w.Refused[spead.Accepted]
	w.PacketsSeen = w.PacketsAccepted + w.Refused.Total()
	w.Packets = 0
	for reason, count := range w.Refused {
		if spead.Refusal(reason).Decoded() {
			w.Packets += count
		}
	}
	c := s.assembler.Counters()
	w.SinglePacketHeaps = c.SinglePacketHeaps
	w.SearchDist = c.SearchDist
	w.PayloadBytesAccepted = c.PayloadBytes
	s.logRefusals()
}

// logRefusals writes a line the first time that a packet is refused for a reason; how often it
// happens is in the statistics. That some come after the stop item is in the nature of things.
func (s *Stream) logRefusals() {
	for reason, count := range s.work.Refused.All() {
		if count > 0 && !s.logged[reason] && reason != spead.RefusedStopped {
			s.logged[reason] = true
			s.cfg.Logger.Warn("first packet refused for this reason", "reason", reason.String())
		}
	}
}

// discardQueued counts heaps as discarded that were on their way to the consumer when the stream was
// closed. Preconditions: mu is held.
func (s *Stream) discardQueued(heaps []*Heap) {
	for _, h := range heaps {
		s.ledger.withdraw(&s.work, h.inner.Received())
		s.memory.Free(h.inner.TakePayload())
		s.assembler.Recycle(h.inner)
		h.inner = nil
		s.spare = append(s.spare, h)
	}
}

// wrap gives a finished heap the form in which the consumer gets it. Preconditions: mu is held.
func (s *Stream) wrap(inner *assembler.Heap) *Heap {
	n := len(s.spare)
	if n == 0 {
		return &Heap{inner, s}
	}
	h := s.spare[n-1]
	s.spare = s.spare[:n-1]
	h.inner = inner
	return h
}

// reclaim takes back what consumers have released since the last batch. Preconditions: mu is held.
func (s *Stream) reclaim() {
	s.returnedMu.Lock()
	defer s.returnedMu.Unlock()
	for i, h := range s.returned {
		s.assembler.Recycle(h.inner)
		h.inner = nil
		s.spare = append(s.spare, h)
		s.returned[i] = nil
	}
	s.returned = s.returned[:0]
}
