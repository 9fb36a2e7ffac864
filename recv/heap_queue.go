// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"context"
	"sync"
)

// heapQueue is the bounded FIFO of finished heaps between the readers and the consumer.
type heapQueue struct {
	// notEmpty and notFull wake one waiter each; they hold at most one token, and whoever takes one
	// passes it on if there is more to be had.
	notEmpty chan struct{}
	notFull  chan struct{}

	// mu guards everything below.
	mu    sync.Mutex
	heaps []*Heap // a ring: count heaps from head on
	head  int
	count int
	// finished: nothing comes any more. closed: nothing is taken in any more.
	finished, closed bool
}

func newHeapQueue(capacity int) *heapQueue {
	return &heapQueue{
		notEmpty: make(chan struct{}, 1),
		notFull:  make(chan struct{}, 1),
		heaps:    make([]*Heap, capacity),
	}
}

// tryPush adds as many of the heaps as there is room for and returns the others. closed says that
// there will never be room again.
func (q *heapQueue) tryPush(heaps []*Heap) (rest []*Heap, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return heaps, true
	}
	for len(heaps) > 0 && q.count < len(q.heaps) {
		q.heaps[(q.head+q.count)%len(q.heaps)] = heaps[0]
		q.count++
		heaps = heaps[1:]
	}
	signal(q.notEmpty)
	return heaps, false
}

// tryPop takes the oldest heap; without one, finished says whether there will never be another.
func (q *heapQueue) tryPop() (h *Heap, finished bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.count == 0 {
		if q.finished {
			signal(q.notEmpty)
		}
		return nil, q.finished
	}
	h = q.heaps[q.head]
	q.heaps[q.head] = nil
	q.head = (q.head + 1) % len(q.heaps)
	q.count--
	if q.count > 0 {
		signal(q.notEmpty)
	}
	signal(q.notFull)
	return h, false
}

// pop waits for a heap. It returns ErrStopped after the last.
func (q *heapQueue) pop(ctx context.Context) (*Heap, error) {
	for {
		h, finished := q.tryPop()
		switch {
		case h != nil:
			return h, nil
		case finished:
			return nil, ErrStopped
		}
		select {
		case <-q.notEmpty:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// finish says that nothing comes any more; what is there can still be taken.
func (q *heapQueue) finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.finished = true
	signal(q.notEmpty)
}

// close refuses heaps from now on, so that a reader that waits for room goes on.
func (q *heapQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	signal(q.notFull)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
