// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/gospead/spead/internal/errno"
	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/internal/wire"
)

// transport is all that the sender needs to know of where packets go.
type transport interface {
	// WriteBatch sends datagrams in order and returns how many left. An error is about the datagram
	// after those; the others haven't been tried. It waits where the transport is full; without an
	// error, fewer may have left than were given if it was interrupted.
	WriteBatch(d []wire.Datagram) (n int, err error)
	// Close makes a waiting WriteBatch return and frees what the transport holds.
	Close() error
}

// prompt is a transport that can also do without waiting: callers of the stream then run the loop
// themselves.
type prompt interface {
	// TryWriteBatch is WriteBatch that returns without an error where it would have to wait.
	TryWriteBatch(d []wire.Datagram) (n int, err error)
}

// divisible is a transport that two goroutines can write to at once.
type divisible interface {
	// Second is the way in for the other one. It is called once. Closing the first closes both.
	Second() (transport, error)
}

// sizer is a transport that knows how large packets may be at present, where the stream was told to
// ask it. It is asked whenever a batch is accepted, by any goroutine.
type sizer interface {
	MaxPacketSize() int
}

// patient is a transport that may wait for as long as its peer likes.
type patient interface {
	// Interrupt makes a waiting WriteBatch return early, or the next one that would wait: a batch was
	// cancelled. Any goroutine may call it.
	Interrupt()
	// Hurry says that the stream is being closed: the transport sends what it is given, but doesn't wait
	// without end for a peer that takes nothing. Any goroutine may call it.
	Hurry()
}

// defaultLinger is for how long a stream that is being closed waits for a transport that takes nothing.
const defaultLinger = 10 * time.Second

// linger measures for how long a transport of a stream that is being closed has taken nothing.
type linger struct {
	most     time.Duration
	hurried  atomic.Int64 // since when, in nanoseconds since 1970; 0: not
	progress atomic.Int64 // when something left while the stream was hurried, likewise
}

// hurry begins to measure, and says when most will have passed.
func (l *linger) hurry() (deadline time.Time) {
	now := time.Now()
	l.hurried.Store(now.UnixNano())
	return now.Add(l.most)
}

// moved is told that something left.
func (l *linger) moved() {
	if l.hurried.Load() != 0 {
		l.progress.Store(time.Now().UnixNano())
	}
}

// deadline says until when to wait for the transport, the zero time being without end, and whether
// that has passed.
func (l *linger) deadline() (until time.Time, passed bool) {
	hurried := l.hurried.Load()
	if hurried == 0 {
		return time.Time{}, false
	}
	until = time.Unix(0, max(l.progress.Load(), hurried)).Add(l.most)
	return until, !time.Now().Before(until)
}

// renew sets the deadline of a transport that was made to return, and says whether it has passed. If
// the stream begins to be closed meanwhile, the deadline of that isn't overwritten.
func (l *linger) renew(set func(time.Time)) (passed bool) {
	for {
		until, passed := l.deadline()
		if passed {
			return true
		}
		set(until)
		if !until.IsZero() || l.hurried.Load() == 0 {
			return false
		}
	}
}

// observed is a transport that keeps statistics. Any goroutine may ask for them.
type observed interface {
	TransportStats() TransportStats
}

// TransportStats is what a stream's transport has done so far. Which of the counters mean something
// depends on the transport; the others are 0.
type TransportStats struct {
	// Calls counts system calls (UDP, TCP), calls of the writer, or hand-overs to queues.
	Calls int64
	// Messages counts what those calls took: with UDP, messages of one or more datagrams, which the
	// kernel or the network card splits; Packets/Messages is how many on average. Packets counts packets.
	Messages, Packets int64
	// Waits counts how often the transport was full, so that the stream waited.
	Waits int64
	// Retries counts calls that failed for a reason that was expected to pass, and were made again.
	Retries int64
	// Errors counts failed calls by the system's error, those included that were made again.
	Errors []ErrnoCount
	// Paths tells of each UDP endpoint, in order.
	Paths []PathStats
	// MaxPacketSize is the packet size in bytes that path-MTU discovery has arrived at, or 0.
	MaxPacketSize int
}

// ErrnoCount is how often the system answered with one error. Its Errno is 0 for all that have no
// number, or found no place in the table.
type ErrnoCount = errno.Count

// PathStats is how segmentation offload fares towards one endpoint.
type PathStats = udp.PathStats

// GSOState is a state of segmentation offload.
type GSOState = udp.GSOState

// The states of segmentation offload.
const (
	// GSOInactive: may be used, but no message of several datagrams has left yet.
	GSOInactive = udp.GSOInactive
	// GSOActive: in use.
	GSOActive = udp.GSOActive
	// GSOProbing: such a message has just failed, and its datagrams are tried singly.
	GSOProbing = udp.GSOProbing
	// GSODisabled: not used any more.
	GSODisabled = udp.GSODisabled
)

// partialError says that a transport of bytes took the beginning of a packet.
type partialError struct {
	taken int // bytes
	err   error
}

func (e *partialError) Error() string { return e.err.Error() }
func (e *partialError) Unwrap() error { return e.err }

// takenBytes gives the bytes of a failed packet that its transport took nevertheless, and the error
// for the result.
func takenBytes(err error) (bytes int, cause error) {
	var partial *partialError
	if errors.As(err, &partial) {
		bytes, err = partial.taken, partial.err
	}
	if errors.Is(err, net.ErrClosed) {
		err = ErrClosed
	}
	return bytes, err
}
