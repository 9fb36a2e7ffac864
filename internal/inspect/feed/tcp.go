// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/framing"
	"github.com/gospead/spead/internal/inspect"
)

const (
	// connectionsMost is how many connections a server has at a time; each takes 2 MiB of memory.
	connectionsMost = 64
	// tcpPacketMost is the largest packet in a connection, in bytes.
	tcpPacketMost = 1 << 20
	acceptPause   = 100 * time.Millisecond
)

// server takes the connections of a TCP address.
type server struct {
	live     *Live
	listener net.Listener
	address  netip.AddrPort
	done     chan struct{}

	mu          sync.Mutex // guards what is below
	stopped     bool
	connections map[net.Conn]struct{}
}

func (l *Live) openServer(address netip.AddrPort) (*server, error) {
	listener, err := net.Listen("tcp", address.String())
	if err != nil {
		return nil, err
	}
	at := listener.Addr().(*net.TCPAddr).AddrPort()
	return &server{
		live: l, listener: listener, address: netip.AddrPortFrom(at.Addr().Unmap(), at.Port()),
		done: make(chan struct{}), connections: map[net.Conn]struct{}{},
	}, nil
}

// stop makes serve return.
func (s *server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.stopped = true
	close(s.done)
	// What was sent before is there already, and read as long as nothing has to be waited for.
	soon := time.Now().Add(lookUp)
	if l, ok := s.listener.(*net.TCPListener); ok {
		l.SetDeadline(soon)
	}
	for c := range s.connections {
		c.SetReadDeadline(soon)
	}
}

// serve takes connections until the stop, and returns when all of them have ended.
func (s *server) serve() error {
	var tasks sync.WaitGroup
	defer tasks.Wait()
	for {
		conn, err := s.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return s.listener.Close()
		case err != nil: // a shortage passes
			select {
			case <-time.After(acceptPause):
			case <-s.done:
			}
			continue
		}
		if s.enter(conn) {
			tasks.Go(func() { s.read(conn) })
		}
	}
}

// enter makes a connection one of the server's, unless there are too many.
func (s *server) enter(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.connections) >= connectionsMost {
		conn.Close()
		return false
	}
	if s.stopped {
		conn.SetReadDeadline(time.Now().Add(lookUp))
	}
	s.connections[conn] = struct{}{}
	return true
}

// read reads a connection to its end.
func (s *server) read(conn net.Conn) {
	from := netip.AddrPort{}
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		from = netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	}
	cutter := framing.NewCutter(tcpPacketMost)
	counts := inspect.Counts{Connections: 1}
	var err error
	for err == nil {
		_, err = cutter.ReadOnce(conn)
		p := s.live.queue.parcel(s.address)
		p.at = time.Now()
		skipped := cutter.Skipped()
		counts.TooLong += s.cut(p, cutter, from)
		if err != nil {
			cutter.End()
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrDeadlineExceeded) {
			counts.ConnectionsFailed++
		}
		counts.Skipped += cutter.Skipped() - skipped
		p.counts, counts = counts, inspect.Counts{}
		s.hand(p)
	}
	conn.Close()
	s.mu.Lock()
	delete(s.connections, conn)
	s.mu.Unlock()
}

// cut puts the packets that are there into a parcel, and counts those that are too long.
func (s *server) cut(p *parcel, cutter *framing.Cutter, from netip.AddrPort) (tooLong int64) {
	for {
		packet, refusal, ok := cutter.Next()
		switch {
		case !ok:
			return tooLong
		case refusal == spead.RefusedTooLong:
			tooLong++
		case refusal == spead.Accepted:
			p.add(from, packet)
		}
	}
}

// hand puts a parcel into the queue as soon as there is room. After the stop, what there is no room for
// is left out.
func (s *server) hand(p *parcel) {
	s.live.packets.Add(int64(len(p.pieces)))
	s.live.bytes.Add(int64(len(p.bytes)))
	for !s.live.queue.try(p) {
		<-s.live.queue.room
	}
	select { // others may wait for the same
	case s.live.queue.room <- struct{}{}:
	default:
	}
}
