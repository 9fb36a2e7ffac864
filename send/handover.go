// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// workerBytes is from which size on a batch is worth waking the worker for, so that the caller can
	// go on: sending that much takes several times as long as waking.
	workerBytes = 1 << 20
	// awayLong is for how long callers have to be away between batches, on average, for the worker to be
	// worth waking at any size: they compute something, which sending would delay.
	awayLong = 200 * time.Microsecond
	awayMost = 5 * awayLong
)

// handover decides who runs the loop. Whoever holds the baton does, one at a time: a caller, as long
// as it needn't wait for the transport or the rate, or the stream's own goroutine, the worker.
//
//	caller queues ──► may it send itself, and is the baton free?
//	                       │no                    │yes
//	                       ▼                      ▼
//	          wake the worker, unless      send until the batch has left or there is something to
//	          somebody has the baton       wait for; put the baton down; work left? wake the worker
//
// Nobody spins: waking another thread costs more than sending a small batch, so that the caller sends
// it, with its data still in the cache, or leaves a very small one for the next caller (gather.go). A
// large one is the worker's, so that the caller can go on meanwhile (docs/decisions/0009-hand-over.md
// has the figures).
//
// A batch is never forgotten: who puts the baton down looks for work afterwards, who queues looks for
// the baton afterwards, and the worker looks for both between saying that it sleeps and sleeping.
type handover struct {
	held   atomic.Bool
	asleep atomic.Bool
	closed atomic.Bool
	wake   chan struct{} // holds at most one token
	// unfinished says that who put the baton down left packets that belong to heaps it had claimed of an
	// unordered batch: nobody else finishes those.
	unfinished atomic.Bool
	// gone is when a caller was last here, and away how long callers stay away on average, in
	// nanoseconds. Lost updates do no harm.
	gone, away atomic.Int64
	gathering
}

// take takes the baton if nobody has it.
func (h *handover) take() bool { return !h.held.Load() && h.held.CompareAndSwap(false, true) }

// rouse wakes the worker if it sleeps.
func (h *handover) rouse() {
	if h.asleep.Load() && h.asleep.CompareAndSwap(true, false) {
		h.wake <- struct{}{}
	}
}

// comes and leaves are told of callers that queue a batch, and follow how long they are away. One
// that has been away for very long counts as if it hadn't, so that it is soon forgotten.
func (h *handover) comes(now int64) {
	last := now - h.gone.Load()
	h.cameAfter(time.Duration(last))
	away := h.away.Load()
	h.away.Store(away + (min(last, int64(awayMost))-away)/8)
}

func (h *handover) leaves(now int64) { h.gone.Store(now) }

// putDown puts the baton down, and sees to it that the worker does what is left: send, or leave, if
// the stream was closed meanwhile.
func (s *Stream) putDown() {
	s.unfinished.Store(s.sender.written < s.sender.filled || s.sender.packets.more())
	s.held.Store(false)
	if s.isReady() {
		s.rouse()
	}
}

// work is the worker: it sends until the stream is closed and nothing is left. It keeps the baton
// then.
func (s *Stream) work() {
	defer close(s.finished)
	for s.awaitWork() {
		s.watch()
		switch {
		case s.take():
			s.sender.drain(nil, true)
			s.putDown()
		case s.second.canShare():
			s.second.share()
		}
	}
	for !s.take() {
		runtime.Gosched() // a caller is about to put it down
	}
}

// awaitWork waits until there is something to send and nobody does; false means that there never
// will be.
func (s *Stream) awaitWork() bool {
	for !s.isReady() {
		s.asleep.Store(true)
		if s.isReady() && s.asleep.CompareAndSwap(true, false) {
			break
		}
		<-s.wake
	}
	return s.queue.pending.Load() > 0 || !s.closed.Load()
}

// isReady says whether the worker has something to do.
func (s *Stream) isReady() bool {
	if s.queue.hasWork() || s.unfinished.Load() {
		return !s.held.Load() || s.second.canShare()
	}
	return s.closed.Load() && s.queue.pending.Load() == 0
}

// engage sees to it that what was just queued is sent: by the caller, up to the end of b, if it wants to
// and can, by the worker otherwise.
func (s *Stream) engage(b *Batch, wants bool) {
	if (wants || s.napping.Load()) && s.sender.prompt != nil && s.take() {
		s.sender.drain(b, false)
		s.putDown()
		return
	}
	if !s.held.Load() {
		s.rouse()
	}
}

// callerSends says whether a caller that queues so many bytes had better send them itself.
func (s *Stream) callerSends(bytes int64) bool {
	small := bytes < workerBytes && time.Duration(s.away.Load()) < awayLong
	return small || runtime.GOMAXPROCS(0) == 1
}

// await waits until b has completed. If nobody is sending at the moment, nor about to, the caller
// does as far as it can.
func (s *Stream) await(ctx context.Context, b *Batch) error {
	s.lendHand(b)
	defer func() { s.leaves(s.sender.clock.now()) }()
	for !b.isDone() {
		select {
		case <-b.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// interrupt makes whoever waits look at what was cancelled.
func (s *Stream) interrupt() {
	s.sender.clock.interrupt()
	if t, ok := s.sender.transport.(patient); ok {
		t.Interrupt()
	}
}
