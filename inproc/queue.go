// SPDX-License-Identifier: Apache-2.0

package inproc

import (
	"errors"
	"sync"

	"github.com/gospead/spead"
)

const (
	defaultCapacity = 4096
	// sparesMax bounds the packet buffers kept for reuse.
	sparesMax = 256
)

// ErrStopped: the queue was stopped; nothing can be added, and a reader has taken all there was.
var ErrStopped = errors.New("in-process queue stopped")

// Queue is a bounded queue of packets. All methods may be called from any goroutine.
type Queue struct {
	// mu guards everything below.
	mu       sync.Mutex
	notEmpty sync.Cond
	notFull  sync.Cond
	packets  [][]byte // a ring: count packets from head on
	head     int
	count    int
	spares   [][]byte // buffers for reuse
	stopped  bool
}

// NewQueue returns a queue for at most capacity packets; 0 means 4096.
func NewQueue(capacity int) (*Queue, error) {
	if capacity < 0 {
		return nil, &spead.FieldError{Field: "inproc.Queue capacity", Value: capacity, Allowed: "0 (4096) or more packets"}
	}
	if capacity == 0 {
		capacity = defaultCapacity
	}
	q := &Queue{packets: make([][]byte, capacity)}
	q.notEmpty.L = &q.mu
	q.notFull.L = &q.mu
	return q, nil
}

// Add copies a packet into the queue, waiting while it is full. It returns ErrStopped if the queue
// was stopped before there was room.
func (q *Queue) Add(packet []byte) error { return q.AddParts(packet, nil) }

// AddParts is Add for a packet that lies in pieces.
func (q *Queue) AddParts(header []byte, payload [][]byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.count == len(q.packets) && !q.stopped {
		q.notFull.Wait()
	}
	if q.stopped {
		return ErrStopped
	}
	b := append(q.spare(), header...)
	for _, piece := range payload {
		b = append(b, piece...)
	}
	q.packets[(q.head+q.count)%len(q.packets)] = b
	q.count++
	q.notEmpty.Signal()
	return nil
}

// Take waits for packets and appends up to limit of them to dst. They belong to the caller until it
// gives them back with Recycle, or for good. After the last packet of a stopped queue it returns
// ErrStopped.
func (q *Queue) Take(dst [][]byte, limit int) ([][]byte, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.count == 0 && !q.stopped {
		q.notEmpty.Wait()
	}
	if q.count == 0 {
		return dst, ErrStopped
	}
	n := min(q.count, limit)
	for range n {
		dst = append(dst, q.packets[q.head])
		q.packets[q.head] = nil
		q.head = (q.head + 1) % len(q.packets)
	}
	q.count -= n
	q.notFull.Broadcast()
	return dst, nil
}

// Recycle gives packets that Take returned back for reuse. They must not be used afterwards.
func (q *Queue) Recycle(packets [][]byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, b := range packets {
		if len(q.spares) < sparesMax {
			q.spares = append(q.spares, b[:0])
		}
	}
}

// Len is the number of packets in the queue.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count
}

// Stop ends the queue: nothing can be added any more, what is there can still be taken. It may be
// called more than once.
func (q *Queue) Stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	q.notEmpty.Broadcast()
	q.notFull.Broadcast()
}

// spare gives an empty buffer. Preconditions: mu is held.
func (q *Queue) spare() []byte {
	n := len(q.spares)
	if n == 0 {
		return nil
	}
	b := q.spares[n-1]
	q.spares = q.spares[:n-1]
	return b
}
