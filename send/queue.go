// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// queue is the bounded FIFO of batches between callers and the sender. It bounds the heaps in
// flight, and their bytes: those queued and those being sent. Callers that wait for room are served
// in order.
type queue struct {
	// prepare is called under the queue's lock right before a batch is queued: it gives the heaps their
	// cnts.
	prepare func(*Batch)
	limit   load
	// pending counts the batches that were queued and aren't complete, for those who don't hold mu.
	pending atomic.Int64
	// shared is the unordered batch that is being sent, if one is: no other batch is taken meanwhile.
	shared atomic.Pointer[Batch]
	// unclaimed counts its heaps that no sender has taken; it may fall below 0.
	unclaimed atomic.Int64

	// mu guards everything below.
	mu      sync.Mutex
	batches []*Batch // those not yet taken by the sender, from head on
	head    int
	// inFlight is what was queued and isn't complete.
	inFlight load
	waiters  []*waiter // callers waiting for room, in order
	spare    []*waiter // for reuse, so that waiting allocates nothing in the steady state
	// queued and completed count batches since the beginning. They complete in the order in which they
	// were queued, so that a flush waits for completed to reach what queued was when it began.
	queued, completed uint64
	flushes           []flush
	closed            bool
}

// load is an amount of heaps and their bytes on the wire.
type load struct {
	heaps int
	bytes int64
}

// flush is a caller that waits until as many batches have completed.
type flush struct {
	until uint64
	done  chan struct{}
}

// waiter is a caller that waits for room for a batch.
type waiter struct {
	batch *Batch
	ready chan error // answered once, with nil when the batch has been queued
}

func newQueue(limit load, prepare func(*Batch)) *queue {
	return &queue{prepare: prepare, limit: limit}
}

// push queues b, waiting for room.
func (q *queue) push(ctx context.Context, b *Batch) error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return ErrClosed
	}
	if len(q.waiters) == 0 && q.fits(b) {
		q.add(b)
		q.mu.Unlock()
		return nil
	}
	w := q.newWaiter(b)
	q.waiters = append(q.waiters, w)
	q.mu.Unlock()
	return q.await(ctx, w)
}

// await waits until w was served. When ctx ends at the moment of being served, being served wins:
// the batch is in flight then.
func (q *queue) await(ctx context.Context, w *waiter) error {
	var err error
	select {
	case err = <-w.ready:
	case <-ctx.Done():
		if q.withdraw(w) {
			err = ctx.Err()
		} else {
			err = <-w.ready
		}
	}
	q.mu.Lock()
	w.batch = nil
	q.spare = append(q.spare, w)
	q.mu.Unlock()
	return err
}

// withdraw takes w out of the line, and says whether it was still there.
func (q *queue) withdraw(w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiters {
		if other == w {
			q.waiters = append(q.waiters[:i], q.waiters[i+1:]...)
			return true
		}
	}
	return false
}

// tryPush queues b or answers ErrQueueFull, having queued nothing.
func (q *queue) tryPush(b *Batch) error {
	q.mu.Lock()
	switch {
	case q.closed:
		q.mu.Unlock()
		return ErrClosed
	case len(q.waiters) != 0 || !q.fits(b):
		q.mu.Unlock()
		return ErrQueueFull
	}
	q.add(b)
	q.mu.Unlock()
	return nil
}

// take gives the next batch to the sender, or nil. While the sender has packets of another in hand, it
// isn't an unordered one, which the second sender would begin with at once.
func (q *queue) take(inHand bool) *Batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.head == len(q.batches) || q.shared.Load() != nil {
		return nil
	}
	b := q.batches[q.head]
	if b.Order == Unordered {
		if inHand {
			return nil
		}
		q.unclaimed.Store(int64(b.load.heaps) - 1) // the caller has the first
		q.shared.Store(b)
	}
	q.batches[q.head] = nil
	q.head++
	if q.head == len(q.batches) {
		q.batches, q.head = q.batches[:0], 0
	}
	return b
}

// hasWork says whether there is something to send that nobody else is about to finish.
func (q *queue) hasWork() bool {
	return q.pending.Load() > 0 && (q.shared.Load() == nil || q.unclaimed.Load() > 0)
}

// canShare says whether there is an unordered batch with heaps that no sender has taken.
func (q *queue) canShare() bool { return q.shared.Load() != nil && q.unclaimed.Load() > 0 }

// share gives the present unordered batch and a heap of it to another sender, if there is any. The
// lock keeps the batch from being given back, and queued again, in between.
func (q *queue) share() (b *Batch, heap int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if b = q.shared.Load(); b != nil {
		heap, ok = q.claim(b)
	}
	return b, heap, ok
}

// claim gives the next heap of an unordered batch, if one is left. Preconditions: b is being sent, and
// can't be given back meanwhile.
func (q *queue) claim(b *Batch) (heap int, ok bool) {
	left := int(q.unclaimed.Add(-1))
	return b.load.heaps - 1 - left, left >= 0
}

// release makes room after a batch has completed, and lets in who waits for it.
func (q *queue) release(b *Batch) {
	q.mu.Lock()
	q.inFlight.heaps -= b.load.heaps
	q.inFlight.bytes -= b.load.bytes
	if b.Order == Unordered {
		q.shared.Store(nil)
	}
	q.pending.Add(-1)
	admitted := 0
	for admitted < len(q.waiters) && q.fits(q.waiters[admitted].batch) {
		w := q.waiters[admitted]
		q.add(w.batch)
		w.ready <- nil
		admitted++
	}
	q.waiters = append(q.waiters[:0], q.waiters[admitted:]...)
	q.completed++
	q.wakeFlushes()
	q.mu.Unlock()
}

// whenCompleted returns a channel that is closed as soon as all that is queued now has completed.
func (q *queue) whenCompleted() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	done := make(chan struct{})
	q.flushes = append(q.flushes, flush{q.queued, done})
	q.wakeFlushes()
	return done
}

// close refuses whatever comes from now on and those who wait for room.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	for _, w := range q.waiters {
		w.ready <- ErrClosed
	}
	q.waiters = nil
	q.mu.Unlock()
}

// depth is what is in flight.
func (q *queue) depth() load {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.inFlight
}

// fits says whether there is room for b. Preconditions for this and the rest: mu is held.
func (q *queue) fits(b *Batch) bool {
	return q.inFlight.heaps+b.load.heaps <= q.limit.heaps && q.inFlight.bytes+b.load.bytes <= q.limit.bytes
}

func (q *queue) add(b *Batch) {
	q.prepare(b)
	b.afterIdle = q.pending.Add(1) == 1
	q.inFlight.heaps += b.load.heaps
	q.inFlight.bytes += b.load.bytes
	q.queued++
	if q.head > 0 && len(q.batches) == cap(q.batches) {
		n := copy(q.batches, q.batches[q.head:])
		clear(q.batches[n:])
		q.batches, q.head = q.batches[:n], 0
	}
	q.batches = append(q.batches, b)
}

func (q *queue) wakeFlushes() {
	q.flushes = slices.DeleteFunc(q.flushes, func(f flush) bool {
		if f.until > q.completed {
			return false
		}
		close(f.done)
		return true
	})
}

func (q *queue) newWaiter(b *Batch) *waiter {
	if n := len(q.spare); n > 0 {
		w := q.spare[n-1]
		q.spare = q.spare[:n-1]
		w.batch = b
		return w
	}
	return &waiter{b, make(chan error, 1)}
}
