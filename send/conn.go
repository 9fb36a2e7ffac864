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

	"github.com/gospead/spead/internal/errno"
	"github.com/gospead/spead/internal/tcp"
	"github.com/gospead/spead/internal/wire"
)

// connTransport writes packets to a connection, one after the other.
type connTransport struct {
	// mu is held while something is written.
	mu     sync.Mutex
	conn   net.Conn
	linger linger
	// gatherer takes pieces from many places with one call. Where the connection can't do that it is
	// nil, and packets are gathered before they are written.
	gatherer *tcp.Gatherer
	pieces   [][]byte // of the batch in hand; its memory is kept
	gathered []byte
	// rest is what has to follow of a packet that was interrupted: the packet counts as sent.
	rest []byte
	// broken is why nothing can be sent any more: an error, or a packet that was given up halfway.
	broken error

	interrupted atomic.Bool

	writes, packets atomic.Int64
	errnos          errno.Table
}

func newConnTransport(conn net.Conn, linger time.Duration) (*connTransport, error) {
	t := &connTransport{conn: conn}
	t.linger.most = linger
	var err error
	switch c := conn.(type) {
	case *net.TCPConn:
		t.gatherer, err = tcp.New(c)
	case *net.UnixConn:
		t.gatherer, err = tcp.New(c)
	}
	return t, err
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
	if t.gatherer == nil {
		t.gathered = t.gathered[:0]
		for _, piece := range t.pieces {
			t.gathered = append(t.gathered, piece...)
		}
	}
}

// write writes what is laid and gives the bytes that left. Fewer than all without an error mean that
// it was interrupted.
func (t *connTransport) write() (bytes int, err error) {
	defer clear(t.pieces)
	unsent, gathered := t.pieces, t.gathered
	for {
		var n int
		if t.gatherer == nil {
			n, err = t.conn.Write(gathered)
			t.writes.Add(1)
			gathered = gathered[n:]
		} else {
			n, err = t.gatherer.Write(unsent)
			unsent = after(unsent, n)
		}
		bytes += n
		if n > 0 {
			t.linger.moved()
		}
		switch {
		case err == nil:
			return bytes, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			if stop, err := t.deadlinePassed(); stop {
				return bytes, err
			}
		default:
			return bytes, t.breakDown(err)
		}
	}
}

// after gives the pieces that follow so many bytes; the first may be shortened in place.
func after(pieces [][]byte, bytes int) [][]byte {
	for len(pieces) > 0 && bytes >= len(pieces[0]) {
		bytes -= len(pieces[0])
		pieces = pieces[1:]
	}
	if bytes > 0 {
		pieces[0] = pieces[0][bytes:]
	}
	return pieces
}

// deadlinePassed sees to a write that was made to return. It says whether to stop, and why if that is
// for good. The deadline is put off before the flag is looked at, so that an interruption in between
// isn't lost.
func (t *connTransport) deadlinePassed() (stop bool, err error) {
	if t.gatherer == nil && t.linger.hurried.Load() != 0 || t.linger.renew(t.setDeadline) {
		return true, t.breakDown(fmt.Errorf("the peer takes nothing: %w", ErrClosed))
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
	if t.gatherer == nil {
		return
	}
	t.interrupted.Store(true)
	t.setDeadline(time.Unix(1, 0))
}

// Hurry limits how long a write waits without any progress.
func (t *connTransport) Hurry() {
	t.setDeadline(t.linger.hurry())
}

// TransportStats tells what the connection has taken.
func (t *connTransport) TransportStats() TransportStats {
	s := TransportStats{Calls: t.writes.Load(), Packets: t.packets.Load(), Errors: t.errnos.Counts()}
	if t.gatherer != nil {
		s.Calls, s.Waits = t.gatherer.Calls(), t.gatherer.Waits()
	}
	return s
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
