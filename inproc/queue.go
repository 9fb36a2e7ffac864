// SPDX-License-Identifier: Apache-2.0

package inproc

import (
	"errors"
	"sync"

	"github.com/gospead/spead"
)

const (
	defaultPackets = 4096
	defaultBytes   = 4 << 20
	// sparesBytesMax bounds the buffers that an unbounded queue keeps for reuse.
	sparesBytesMax = 16 << 20
)

// Unbounded as a limit of Config means that there is none.
const Unbounded = -1

// ErrStopped: the queue was stopped; nothing can be added, and a reader has taken all there was.
var ErrStopped = errors.New("in-process queue stopped")

// ErrInterrupted: waiting for room was ended by Interrupt.
var ErrInterrupted = errors.New("waiting for an in-process queue interrupted")

// Config configures New. With the zero value, a queue holds what fits into a processor's cache.
type Config struct {
	// Packets is how many packets the queue holds at most. At least 1, or Unbounded; default (0) 4096.
	Packets int
	// Bytes is how many bytes they have together at most; a single packet may be larger. At least 1, or
	// Unbounded; default (0) 4 MiB.
	Bytes int
}

// Queue is a queue of packets. All methods may be called from any goroutine.
type Queue struct {
	limits Config

	// mu guards everything below.
	mu       sync.Mutex
	notEmpty sync.Cond
	notFull  sync.Cond
	packets  [][]byte // a ring: count packets from head on
	head     int
	count    int
	bytes    int // in those packets
	// writers and readers count those that wait.
	writers, readers int
	// reserved packets are being copied, and have their room already.
	reserved, reservedBytes int
	spares                  [][]byte // buffers for reuse
	sparesBytes             int      // their room
	stopped                 bool
}

// NewQueue returns a queue for at most capacity packets, and the default number of bytes; 0 means
// the default number of packets.
func NewQueue(capacity int) (*Queue, error) { return New(Config{Packets: capacity}) }

// New returns a queue. Errors: *spead.FieldError.
func New(cfg Config) (*Queue, error) {
	switch {
	case cfg.Packets < Unbounded:
		return nil, &spead.FieldError{Field: "inproc.Config.Packets", Value: cfg.Packets, Allowed: "0 (4096) or more packets, or Unbounded"}
	case cfg.Bytes < Unbounded:
		return nil, &spead.FieldError{Field: "inproc.Config.Bytes", Value: cfg.Bytes, Allowed: "0 (4 MiB) or more bytes, or Unbounded"}
	}
	if cfg.Packets == 0 {
		cfg.Packets = defaultPackets
	}
	if cfg.Bytes == 0 {
		cfg.Bytes = defaultBytes
	}
	q := &Queue{limits: cfg}
	q.notEmpty.L = &q.mu
	q.notFull.L = &q.mu
	return q, nil
}

// Add copies a packet into the queue, waiting while it is full. It returns ErrStopped if the queue
// was stopped before there was room.
func (q *Queue) Add(packet []byte) error { return q.AddParts(packet, nil) }

// AddParts is Add for a packet that lies in pieces.
func (q *Queue) AddParts(header []byte, payload [][]byte) error {
	size := len(header)
	for _, piece := range payload {
		size += len(piece)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.fits(size) && !q.stopped {
		q.writers++
		q.notFull.Wait()
		q.writers--
	}
	if q.stopped {
		return ErrStopped
	}
	b := append(q.buffer(size), header...)
	for _, piece := range payload {
		b = append(b, piece...)
	}
	q.append(b)
	q.wakeReaders()
	return nil
}

// Take waits for packets and appends up to limit of them to dst. They belong to the caller until it
// gives them back with Recycle, or for good. After the last packet of a stopped queue it returns
// ErrStopped.
func (q *Queue) Take(dst [][]byte, limit int) ([][]byte, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.count == 0 && !q.stopped {
		q.readers++
		q.notEmpty.Wait()
		q.readers--
	}
	if q.count == 0 {
		return dst, ErrStopped
	}
	n := min(q.count, limit)
	for range n {
		b := q.packets[q.head]
		dst = append(dst, b)
		q.bytes -= len(b)
		q.packets[q.head] = nil
		q.head = (q.head + 1) & (len(q.packets) - 1)
	}
	q.count -= n
	q.wakeWriters()
	return dst, nil
}

// Recycle gives packets that Take returned back for reuse. They must not be used afterwards.
func (q *Queue) Recycle(packets [][]byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	most := q.limits.Bytes
	if most == Unbounded {
		most = sparesBytesMax
	}
	for _, b := range packets {
		// One is kept in any case: the queue may be carrying packets larger than its limit.
		if len(q.spares) == 0 || q.sparesBytes+cap(b) <= most {
			q.spares = append(q.spares, b[:0])
			q.sparesBytes += cap(b)
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

// fits says whether there is room for a packet. Preconditions for this and the rest: mu is held.
func (q *Queue) fits(size int) bool {
	packets, bytes := q.count+q.reserved, q.bytes+q.reservedBytes
	return (q.limits.Packets == Unbounded || packets < q.limits.Packets) &&
		(q.limits.Bytes == Unbounded || packets == 0 || bytes+size <= q.limits.Bytes)
}

// append adds a packet, the memory of which is the queue's.
func (q *Queue) append(b []byte) {
	if q.count == len(q.packets) {
		q.grow()
	}
	q.packets[(q.head+q.count)&(len(q.packets)-1)] = b
	q.count++
	q.bytes += len(b)
}

// grow doubles the ring, the size of which is a power of two.
func (q *Queue) grow() {
	larger := make([][]byte, max(64, 2*len(q.packets)))
	n := copy(larger, q.packets[q.head:])
	copy(larger[n:], q.packets[:q.head])
	q.packets, q.head = larger, 0
}

func (q *Queue) wakeReaders() {
	if q.readers > 0 {
		q.notEmpty.Broadcast()
	}
}

// wakeWriters wakes those who wait for room when half of it is free: to wake somebody costs more than
// to take a packet, so that it had better be for many.
func (q *Queue) wakeWriters() {
	if q.writers == 0 {
		return
	}
	halfEmpty := (q.limits.Packets == Unbounded || q.count <= q.limits.Packets/2) &&
		(q.limits.Bytes == Unbounded || q.bytes <= q.limits.Bytes/2)
	if halfEmpty || q.count == 0 {
		q.notFull.Broadcast()
	}
}

// buffer gives an empty buffer with room for size bytes. One that is too small is dropped, so that
// the queue comes to hold such as are large enough.
func (q *Queue) buffer(size int) []byte {
	n := len(q.spares)
	if n == 0 {
		return make([]byte, 0, size)
	}
	b := q.spares[n-1]
	q.spares[n-1] = nil
	q.spares = q.spares[:n-1]
	q.sparesBytes -= cap(b)
	if cap(b) < size {
		return make([]byte, 0, size)
	}
	return b
}
