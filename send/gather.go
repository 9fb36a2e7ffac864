// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gospead/spead/internal/nap"
)

const (
	// companyBytes is below which size a batch may wait for company: a system call for it alone takes
	// several times as long as copying it.
	companyBytes = 32 << 10
	// gatherMost is how many batches wait, at most.
	gatherMost = 16
	// backAtOnce is after how long a caller is back at once, and backOften how often in a row callers
	// have to have been, before batches wait: whoever does anything between heaps wants each to leave.
	backAtOnce = 3 * time.Microsecond
	backOften  = 16
	// gatherNap is after how long the worker looks whether callers still come. The kernel makes about
	// twice as much of it.
	gatherNap = 50 * time.Microsecond
)

// gathering joins small batches of callers that come one right after the other, so that they leave
// with one system call: a batch is left in the queue, for the caller that then waits for it, finds no
// more room, or is the last of many. Meanwhile the worker, which mustn't take the work from the
// callers, but has to be there when they stop, looks after them now and then.
type gathering struct {
	// left counts the batches that were left in the queue since the beginning.
	left atomic.Int64
	// streak is how often in a row callers were back at once.
	streak atomic.Int32
	// napping says that the worker sleeps for a moment, or is about to, although there may be work.
	napping atomic.Bool
	// seen is what left was when the worker looked last.
	seen int64
}

// cameAfter is told how long no caller was here.
func (g *gathering) cameAfter(away time.Duration) {
	switch {
	case away > backAtOnce:
		g.streak.Store(0)
	case g.streak.Load() < backOften:
		g.streak.Add(1)
	}
}

// gathers says whether a batch of so many bytes, which was queued, may wait for company. At a rate,
// nothing may: it would leave in bursts.
func (s *Stream) gathers(bytes int64) bool {
	return bytes < companyBytes && s.streak.Load() >= backOften && s.queue.pending.Load() < gatherMost &&
		s.sender.prompt != nil && s.cfg.Rate == 0 && runtime.GOMAXPROCS(0) > 1
}

// leave leaves a batch in the queue, and has the worker look after it.
func (s *Stream) leave() {
	s.left.Add(1)
	if s.asleep.Load() && s.asleep.CompareAndSwap(true, false) {
		s.napping.Store(true) // it will, first of all
		s.wake <- struct{}{}
	}
}

// watch lets callers come for as long as they leave batches. It is the worker's.
func (s *Stream) watch() {
	s.napping.Store(true)
	defer s.napping.Store(false)
	for left := s.left.Load(); left != s.seen && !s.closed.Load(); left = s.left.Load() {
		s.seen = left
		nap.Sleep(gatherNap)
	}
}

// isUnattended says whether nobody sends, nor is about to.
func (s *Stream) isUnattended() bool {
	return s.sender.prompt != nil && (s.asleep.Load() || s.napping.Load()) && !s.held.Load()
}

// lendHand has a caller that would wait send up to the end of a batch, or all that is queued, if nobody
// else does, as far as it can.
func (s *Stream) lendHand(target *Batch) {
	if s.isUnattended() && s.take() {
		s.sender.drain(target, false)
		s.putDown()
	}
}

// push queues a batch. If there is no room, the caller makes some, if it can, before it waits.
func (s *Stream) push(ctx context.Context, b *Batch) error {
	if err := s.tryPush(b); err != ErrQueueFull {
		return err
	}
	return s.queue.push(ctx, b)
}

// tryPush queues a batch, or answers ErrQueueFull if there is no room and the caller can't make any.
func (s *Stream) tryPush(b *Batch) error {
	err := s.queue.tryPush(b)
	if err == ErrQueueFull && s.left.Load() > 0 {
		s.lendHand(nil)
		err = s.queue.tryPush(b)
	}
	return err
}
