// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/internal/wire"
)

// connTransport writes packets to a connection, one after the other.
type connTransport struct {
	// mu is held while something is written.
	mu     sync.Mutex
	conn   net.Conn
	linger time.Duration
	// gathers says that the connection can't take pieces from many places with one call.
	gathers  bool
	pieces   [][]byte    // of the batch in hand; its memory is kept
	unsent   net.Buffers // what of pieces hasn't left
	gathered []byte
	// rest is what has to follow of a packet that was interrupted: the packet counts as sent.
	rest []byte
	// broken is why nothing can be sent any more: an error, or a packet that was given up halfway.
	broken error

	interrupted atomic.Bool
	hurried     atomic.Int64 // since when, in nanoseconds since 1970; 0: not
	progress    int64        // when something left while the stream was hurried, likewise

	calls, packets, waits atomic.Int64
	errnos                udp.ErrnoTable
}

func newConnTransport(conn net.Conn, linger time.Duration) *connTransport {
	t := &connTransport{conn: conn, linger: linger}
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		t.gathers = true
	}
	return t
}

// WriteBatch sends all pieces of all datagrams with as few system calls as can be (writev), which
// goes on where one was partial.
func (t *connTransport) WriteBatch(d []wire.Datagram) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.broken != nil {
		return 0, t.broken
	}
	return t.writeDatagrams(d)
}

func (t *connTransport) writeDatagrams(d []wire.Datagram) (int, error) {
	t.lay(d)
	before := len(t.rest)
	bytes, err := t.write()
	if bytes < before { // the datagrams haven't been reached
		t.rest = t.rest[:copy(t.rest, t.rest[bytes:])]
		return 0, err
	}
	t.rest = t.rest[:0]
	n, within := whole(d, bytes-before)
	t.packets.Add(int64(n))
	switch {
	case err != nil && n < len(d):
		return n, &partialError{within, err}
	case within > 0:
		t.keepRest(&d[n], within)
		n++
		t.packets.Add(1)
	}
	return n, nil
}

// lay lists what is to be written.
func (t *connTransport) lay(d []wire.Datagram) {
	t.pieces = t.pieces[:0]
	if len(t.rest) > 0 {
		t.pieces = append(t.pieces, t.rest)
	}
	for i := range d {
		t.pieces = append(t.pieces, d[i].Header)
		t.pieces = append(t.pieces, d[i].Payload...)
	}
	if t.gathers {
		t.gathered = t.gathered[:0]
		for _, piece := range t.pieces {
			t.gathered = append(t.gathered, piece...)
		}
	}
}

// write writes what is laid and gives the bytes that left. Fewer than all without an error mean that
// it was interrupted.
func (t *connTransport) write() (bytes int, err error) {
	defer func() { clear(t.pieces) }()
	t.unsent = t.pieces
	gathered := t.gathered
	for {
		var n int64
		if t.gathers {
			var m int
			m, err = t.conn.Write(gathered)
			n, gathered = int64(m), gathered[m:]
		} else {
			n, err = t.unsent.WriteTo(t.conn)
		}
		t.calls.Add(1)
		bytes += int(n)
		switch {
		case err == nil:
			return bytes, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			t.waits.Add(1)
			if stop, err := t.deadlinePassed(n > 0); stop {
				return bytes, err
			}
		default:
			return bytes, t.breakDown(err)
		}
	}
}

// deadlinePassed sees to a write that was made to return, having taken something or not. It says
// whether to stop, and why if that is for good. The deadline is put off before the flag is looked at,
// so that an interruption in between isn't lost.
func (t *connTransport) deadlinePassed(progress bool) (stop bool, err error) {
	now := time.Now()
	if t.hurried.Load() == 0 {
		t.setDeadline(time.Time{})
	}
	if hurried := t.hurried.Load(); hurried != 0 {
		if progress {
			t.progress = now.UnixNano()
		}
		waited := time.Duration(now.UnixNano() - max(t.progress, hurried))
		if waited >= t.linger || t.gathers {
			return true, t.breakDown(fmt.Errorf("the peer takes nothing: %w", ErrClosed))
		}
		t.setDeadline(now.Add(t.linger - waited))
	}
	return t.interrupted.Swap(false), nil
}

// setDeadline can fail only on a connection that is closed, which the next write tells.
func (t *connTransport) setDeadline(when time.Time) { _ = t.conn.SetWriteDeadline(when) }

// breakDown keeps why nothing can be sent any more.
func (t *connTransport) breakDown(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	t.errnos.Add(err)
	if errors.Is(err, net.ErrClosed) {
		err = ErrClosed
	}
	t.broken = fmt.Errorf("send to %v: %w", t.conn.RemoteAddr(), err)
	return t.broken
}

// keepRest copies what a datagram lacks, so that its memory can be given back.
func (t *connTransport) keepRest(d *wire.Datagram, from int) {
	t.rest = d.AppendTo(t.rest[:0])
	t.rest = t.rest[:copy(t.rest, t.rest[from:])]
}

// whole says how many of the datagrams that d starts with are in so many bytes, and how many bytes
// of the next one are.
func whole(d []wire.Datagram, bytes int) (n, within int) {
	for n < len(d) && bytes >= d[n].Size {
		bytes -= d[n].Size
		n++
	}
	return n, bytes
}

// Interrupt makes a waiting write return. A connection that gathers isn't interrupted: it may be one
// that a deadline spoils for good (crypto/tls).
func (t *connTransport) Interrupt() {
	if t.gathers {
		return
	}
	t.interrupted.Store(true)
	t.setDeadline(time.Unix(1, 0))
}

// Hurry limits how long a write waits without any progress.
func (t *connTransport) Hurry() {
	now := time.Now()
	t.hurried.Store(now.UnixNano())
	t.setDeadline(now.Add(t.linger))
}

// TransportStats tells what the connection has taken.
func (t *connTransport) TransportStats() TransportStats {
	return TransportStats{
		Calls:   t.calls.Load(),
		Packets: t.packets.Load(),
		Waits:   t.waits.Load(),
		Errors:  t.errnos.Counts(),
	}
}

// Close sends what is due of a packet, unless a write is waiting, which Close ends.
func (t *connTransport) Close() error {
	if t.mu.TryLock() {
		if len(t.rest) > 0 && t.broken == nil {
			t.Hurry()
			_, _ = t.writeDatagrams(nil) // the packet's heap was cancelled, so nobody waits for it
		}
		t.mu.Unlock()
	}
	if err := t.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
