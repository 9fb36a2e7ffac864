// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/cnts"
)

// seenHeaps is what is known of the cnts of heaps that came.
type seenHeaps struct {
	sequence *cnts.Sequence // nil if Config.CntStep is 0
	recent   cnts.Recent
}

// countBatch counts what a source says of a batch as a whole.
func (s *Stream) countBatch(in *intake, now time.Time) {
	w, b := &s.work, &in.batch
	s.opened += int64(len(b.Datagrams))
	for reason := range b.Refused {
		w.Refused[reason] += b.Refused[reason]
		s.opened += b.Refused[reason]
	}
	s.noteTraffic(in, now)
	if s.chunks != nil {
		s.chunks.placer.now = now
		in.origin = originCursor{origins: b.Origins, senders: in.senders}
	}
	w.ForeignFrames += b.Foreign
	w.SkippedBytes += b.Skipped
	w.Connections += b.Connections
	w.ConnectionsFailed += b.ConnectionsFailed
	w.KernelDrops += b.KernelDrops
	w.Fragmented += b.Fragmented
	if len(b.row) == 0 {
		w.Batches++
		w.MaxBatch = max(w.MaxBatch, int64(len(b.Datagrams)))
	}
}

// refresh asks sources for drops that no datagram has told of.
func (s *Stream) refresh() {
	for _, in := range s.intakes {
		if r, ok := in.source.(interface{ refresh(b *Batch) }); ok && !in.ended {
			before := in.batch.KernelDrops
			r.refresh(&in.batch)
			s.work.KernelDrops += in.batch.KernelDrops - before
			in.traffic.KernelDrops += in.batch.KernelDrops - before
		}
	}
}

// countRow counts packets of a row as a batch.
func (s *Stream) countRow(in *intake) {
	s.work.Batches++
	s.work.MaxBatch = max(s.work.MaxBatch, int64(in.row))
	in.row = 0
}

// abandon counts what was read from a source but not taken before the stream ended. Preconditions:
// the baton is held.
func (s *Stream) abandon(in *intake) {
	s.work.Refused[spead.RefusedStopped] += int64(len(in.batch.Datagrams) - in.next)
	in.next = len(in.batch.Datagrams)
	for in.row > 0 && in.row < rowPackets && len(in.batch.row) > 0 {
		size, refusal := s.packet.Decode(in.batch.row)
		s.opened++
		if size == 0 {
			s.work.Refused[refusal]++
			break
		}
		s.work.Refused[spead.RefusedStopped]++
		in.batch.row = in.batch.row[size:]
		in.row++
	}
	if in.row > 0 {
		s.countRow(in)
	}
	in.batch.row = nil
}

// collect takes finished heaps out of the assembler: those to deliver and those to discard.
func (s *Stream) collect() {
	for h := s.assembler.Next(); h != nil; h = s.assembler.Next() {
		s.count(h)
		if s.chunks != nil {
			s.chunks.placer.finish(h)
			s.assembler.Recycle(h)
			continue
		}
		if reason, discard := s.verdict(h); discard {
			s.discard(h, reason)
			continue
		}
		s.handOn(s.wrap(h))
	}
}

func (s *Stream) count(h *assembler.Heap) {
	s.seen.recent.Add(h.Cnt())
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

// verdict decides whether a finished heap is discarded, and why.
func (s *Stream) verdict(h *assembler.Heap) (Discard, bool) {
	switch {
	case h.End() == assembler.StopItem:
		return DiscardStopHeap, true
	case h.Complete() || s.cfg.Incomplete:
	case h.End() == assembler.Evicted:
		return DiscardEvicted, true
	case !s.cfg.KeepStop && h.IsCtrl(spead.CtrlStop):
		return DiscardStopHeap, true
	default:
		return DiscardFlushed, true
	}
	return DiscardClosed, s.closing.Load()
}

// discard counts a heap that isn't delivered, and takes its memory back.
func (s *Stream) discard(h *assembler.Heap, reason Discard) {
	s.work.HeapsDiscarded[reason]++
	s.work.PayloadBytesDiscarded[reason] += h.Received()
	s.memory.Free(h.TakePayload())
	s.assembler.Recycle(h)
}

// handOn gives a finished heap to the consumer: it is queued, unless it is for Config.OnHeap or the
// queue is full and the policy is to drop heaps.
func (s *Stream) handOn(h *Heap) {
	if s.cfg.OnHeap != nil {
		s.deliver(h)
		s.cfg.OnHeap(h)
		return
	}
	for s.queue.Full() && !s.ended {
		switch s.cfg.WhenFull {
		case DropNewest:
			s.drop(h, DiscardNewest)
			return
		case DropOldest:
			oldest, _ := s.queue.Pop()
			s.drop(oldest, DiscardOldest)
			continue
		}
		break
	}
	s.queue.Push(h, h.inner.Received())
}

// drop discards a heap that was to be delivered.
func (s *Stream) drop(h *Heap, reason Discard) {
	s.discard(h.inner, reason)
	h.inner = nil
	s.spare = append(s.spare, h)
}

// mustWait says whether nothing may be taken now, as there might be no room for what it finishes.
func (s *Stream) mustWait() bool {
	if s.chunks != nil {
		return s.chunks.isDry() && !s.ended
	}
	return s.cfg.WhenFull == Block && s.queue.Full() && !s.ended
}

// hasResult says whether there is something for the consumer.
func (s *Stream) hasResult() bool {
	if s.chunks != nil {
		return s.chunks.pool.hasReady.Load()
	}
	return s.queue.Count() > 0
}

// calls says whether the loop calls functions of the user's that take what is finished.
func (s *Stream) calls() bool { return s.cfg.OnHeap != nil || s.chunks != nil && s.chunks.calls }

// deliver counts a heap as the consumer's.
func (s *Stream) deliver(h *Heap) {
	s.memory.handOver(h.inner.Payload())
	s.work.HeapsDelivered++
	s.work.PayloadBytesDelivered += h.inner.Received()
}

// wrap gives a finished heap the form in which the consumer gets it.
func (s *Stream) wrap(inner *assembler.Heap) *Heap {
	if len(s.spare) == 0 {
		s.reclaim()
	}
	n := len(s.spare)
	if n == 0 {
		return &Heap{inner, s}
	}
	h := s.spare[n-1]
	s.spare = s.spare[:n-1]
	h.inner = inner
	return h
}

// reclaim takes back what consumers have released.
func (s *Stream) reclaim() {
	first := len(s.spare)
	s.spare = s.memory.takeReleased(s.spare)
	for _, h := range s.spare[first:] {
		s.assembler.Recycle(h.inner)
		h.inner = nil
	}
}

// snapshot gives the figures. Preconditions: the baton is held.
func (s *Stream) snapshot() Stats {
	st := s.work
	c := s.assembler.Counters()
	st.PacketsAccepted, st.Refused[spead.Accepted] = st.Refused[spead.Accepted], 0
	st.PacketsSeen = st.PacketsAccepted + st.Refused.Total()
	st.Packets = st.PacketsAccepted
	for reason, count := range st.Refused.All() {
		if reason.Decoded() {
			st.Packets += count
		}
	}
	if s.seen.sequence != nil {
		st.HeapsUnseen, st.HeapsRefused = s.seen.sequence.Missing()
		st.CntRestarts, st.CntsOdd = s.seen.sequence.Restarts(), s.seen.sequence.Odd()
	}
	st.HeapsBegun, st.HeapsLive = c.HeapsStarted, c.LiveHeaps
	st.HeapsBegunAgain = s.begunAgain
	st.Memory = s.memory.stats()
	st.SinglePacketHeaps = c.SinglePacketHeaps
	st.SearchDist = c.SearchDist
	st.Tolerated[repeatedCntIndex] = c.HeapsRestarted
	st.PacketsOutOfOrder = c.PacketsOutOfOrder
	st.PayloadBytesAccepted = c.PayloadBytes
	st.PayloadBytesRepeated = c.BytesRepeated
	st.HeapsQueued = int64(s.queue.Count())
	st.PayloadBytesInFlight = c.LiveBytes + s.queue.Bytes()
	if s.chunks != nil {
		s.chunks.figures(&st)
	}
	return st
}

// Stats returns what the stream has received so far: one consistent snapshot. Called by a function of
// the configuration, which the loop waits for, it is as of the last batch, and leaves out Sources and
// Senders.
func (s *Stream) Stats() Stats {
	if !s.calls() {
		s.lock()
	} else if !s.baton.TryLock() {
		s.shownMu.Lock()
		defer s.shownMu.Unlock()
		return s.withCustom(s.shown)
	}
	defer s.baton.Unlock()
	if !s.ended {
		s.refresh() // while the queue is full nothing is read that would tell
	}
	st := s.withCustom(s.snapshot())
	for _, in := range s.intakes {
		st.Sources = append(st.Sources, in.traffic)
	}
	st.Senders = s.senders.appendTo(nil)
	return st
}

// withCustom adds the user's own figures.
func (s *Stream) withCustom(st Stats) Stats {
	for i := range s.custom {
		st.Custom = append(st.Custom, max(s.custom[i].Load(), 0))
	}
	return st
}

// Count changes the figure Config.Statistics[i]: it adds value, or keeps it if it is the largest so
// far. Any goroutine may call it, functions of the configuration too. It panics if there is no such
// figure.
func (s *Stream) Count(i int, value int64) {
	if s.cfg.Statistics[i].Mode == StatisticSum {
		s.custom[i].Add(value)
		return
	}
	for {
		old := s.custom[i].Load()
		if value <= old || s.custom[i].CompareAndSwap(old, value) {
			return
		}
	}
}

// newCustom gives the figures their first values: a largest value there isn't yet.
func newCustom(list []Statistic) []atomic.Int64 {
	custom := make([]atomic.Int64, len(list))
	for i := range list {
		if list[i].Mode == StatisticMax {
			custom[i].Store(math.MinInt64)
		}
	}
	return custom
}

// show is called at the end of a batch. It checks the figures, and makes them visible to those who
// can't have the baton, as they are called by whoever has it: the user's functions.
func (s *Stream) show() {
	if s.cfg.CheckAccounts {
		s.checkAccounts()
	}
	if !s.calls() {
		return
	}
	st := s.snapshot()
	s.shownMu.Lock()
	s.shown = st
	s.shownMu.Unlock()
}

// checkAccounts checks that all that was read is accounted for.
func (s *Stream) checkAccounts() {
	st := s.snapshot()
	err := st.Check()
	if waiting := s.waitingDatagrams(); err == nil && s.opened != st.PacketsSeen+waiting {
		err = fmt.Errorf("%w: packets read: %d, of which %d are accounted for", ErrAccounts, s.opened, st.PacketsSeen+waiting)
	}
	if err != nil {
		s.fail(err)
	}
}

// waitingDatagrams is how many datagrams were read but not taken.
func (s *Stream) waitingDatagrams() (n int64) {
	for _, in := range s.intakes {
		n += int64(len(in.batch.Datagrams) - in.next)
	}
	return n
}
