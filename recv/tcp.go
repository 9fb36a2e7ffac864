// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/framing"
)

// acceptPause is how long the listener rests when there is no descriptor or memory for a connection.
const acceptPause = 100 * time.Millisecond

// AddTCP adds a TCP listener. It listens when AddTCP returns, and connections wait in the kernel until
// Start. Where no packet begins in what a connection brings, the next one is looked for: each such
// place counts once in Stats.Refused, with all its bytes in Stats.SkippedBytes. A connection that breaks
// ends alone, and counts in Stats.ConnectionsFailed. Packets of one heap may come through different
// connections.
//
// Errors: *spead.FieldError for what the configuration got wrong, the listener's, or ErrStarted.
func (s *Stream) AddTCP(cfg TCPConfig) error {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return err
	}
	listener := cfg.Listener
	if listener == nil {
		address := netip.AddrPortFrom(cfg.Address.Addr().Unmap(), cfg.Address.Port())
		network := "tcp4"
		if address.Addr().Is6() {
			network = "tcp6"
		}
		if listener, err = net.Listen(network, address.String()); err != nil {
			return err
		}
	}
	source := newTCPSource(cfg, listener, s.cfg.Logger)
	if cfg.Connections == 1 {
		return s.add(newTCPSingle(source), listenerAddr(listener))
	}
	return s.add(source, listenerAddr(listener))
}

// listenerAddr gives a listener's address, if it is one of TCP.
func listenerAddr(l net.Listener) netip.AddrPort {
	a, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := a.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// tcpSource takes the packets of all connections of a listener. Each connection is read by a goroutine
// of its own, which waits while the stream takes what it has read.
type tcpSource struct {
	cfg      TCPConfig
	listener net.Listener
	logger   *slog.Logger
	start    sync.Once
	tasks    sync.WaitGroup
	// read hands connections over of which something was read; it is closed after the last of them.
	read chan *tcpConn
	// current is the connection whose packets the stream has.
	current *tcpConn
	// open holds a token for each open connection.
	open chan struct{}
	done chan struct{} // closed by Close

	// mu guards everything below.
	mu     sync.Mutex
	conns  map[*tcpConn]struct{}
	closed bool
	// opened counts connections that the stream hasn't been told of.
	opened int64
	// failure is why the listener ended; set before read is closed.
	failure error
}

// tcpConn is one connection.
type tcpConn struct {
	net.Conn
	bytes byteSource
	err   error         // with which reading ended
	taken chan struct{} // gets a token when the stream has taken what was read
}

func newTCPSource(cfg TCPConfig, listener net.Listener, logger *slog.Logger) *tcpSource {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &tcpSource{
		cfg: cfg, listener: listener, logger: logger,
		read:  make(chan *tcpConn),
		open:  make(chan struct{}, cfg.MaxOpen),
		done:  make(chan struct{}),
		conns: make(map[*tcpConn]struct{}),
	}
}

func (t *tcpSource) ReadBatch(b *Batch) error {
	t.start.Do(func() { t.tasks.Go(t.listen) })
	if t.current != nil {
		t.current.taken <- struct{}{}
		t.current = nil
	}
	c, more := <-t.read
	b.Connections += t.news()
	if !more {
		return t.end()
	}
	c.bytes.cut(b, c.err)
	if c.err == nil {
		t.current = c
		return nil
	}
	if !errors.Is(c.err, io.EOF) {
		b.ConnectionsFailed++
		t.logger.Warn("connection ended", "peer", c.RemoteAddr().String(), "error", c.err)
	}
	return nil
}

// news gives the connections that the stream hasn't been told of.
func (t *tcpSource) news() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.opened
	t.opened = 0
	return n
}

// end gives the error with which the source ends.
func (t *tcpSource) end() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return net.ErrClosed
	case t.failure != nil:
		return t.failure
	}
	return io.EOF
}

// listen accepts connections until there were enough, then waits until all have ended.
func (t *tcpSource) listen() {
	defer close(t.read)
	var conns sync.WaitGroup
	defer conns.Wait()
	for n := 0; n < t.cfg.Connections || t.cfg.Connections < 0; n++ {
		conn, err := t.accept()
		if err != nil {
			t.mu.Lock()
			t.failure = err
			t.mu.Unlock()
			break
		}
		c := &tcpConn{Conn: conn, taken: make(chan struct{}, 1)}
		c.bytes = byteSource{reader: conn, cutter: framing.NewCutter(t.cfg.MaxPacketSize)}
		if t.enter(c) {
			conns.Go(func() { t.receive(c) })
		}
	}
	t.listener.Close()
}

// accept waits for a connection, and for room for it. A shortage of descriptors or memory passes.
func (t *tcpSource) accept() (net.Conn, error) {
	select {
	case t.open <- struct{}{}:
	case <-t.done:
		return nil, net.ErrClosed
	}
	for {
		conn, err := t.listener.Accept()
		if err == nil {
			return conn, nil
		}
		if !isShortage(err) {
			return nil, fmt.Errorf("accept connections on %v: %w", t.listener.Addr(), err)
		}
		t.logger.Warn("connections wait", "listener", t.listener.Addr().String(), "error", err)
		select {
		case <-time.After(acceptPause):
		case <-t.done:
			return nil, net.ErrClosed
		}
	}
}

// isShortage says whether a listener's error passes by itself.
func isShortage(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// enter makes a connection one of the source's; false if the source was closed meanwhile.
func (t *tcpSource) enter(c *tcpConn) bool {
	if conn, ok := c.Conn.(*net.TCPConn); ok && t.cfg.BufferSize > 0 {
		if err := conn.SetReadBuffer(t.cfg.BufferSize); err != nil {
			t.logger.Warn("receive buffer left alone", "asked", t.cfg.BufferSize, "error", err)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		c.Conn.Close()
		return false
	}
	t.conns[c] = struct{}{}
	t.opened++
	return true
}

// receive reads a connection until it ends.
func (t *tcpSource) receive(c *tcpConn) {
	defer t.leave(c)
	for c.err == nil {
		if _, c.err = c.bytes.cutter.ReadOnce(c.Conn); c.err != nil && t.isClosed() {
			return
		}
		select {
		case t.read <- c:
		case <-t.done:
			return
		}
		if c.err != nil {
			return
		}
		select {
		case <-c.taken:
		case <-t.done:
			return
		}
	}
}

func (t *tcpSource) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// leave makes room for another connection.
func (t *tcpSource) leave(c *tcpConn) {
	c.Conn.Close()
	t.mu.Lock()
	delete(t.conns, c)
	t.mu.Unlock()
	<-t.open
}

// Close closes the listener and all connections, and waits for their goroutines.
func (t *tcpSource) Close() error {
	t.mu.Lock()
	t.closed = true
	for c := range t.conns {
		c.Conn.Close()
	}
	t.mu.Unlock()
	close(t.done)
	err := t.listener.Close()
	t.start.Do(func() { close(t.read) })
	t.tasks.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil // after the last connection it was closed already
	}
	return err
}

const (
	defaultTCPMaxPacketSize = 65536
	defaultTCPMaxOpen       = 64
	tcpMaxOpenLimit         = 4096
	// defaultTCPBuffer holds more than comes in a scheduler's absence, so that the peer needn't wait.
	defaultTCPBuffer = 4 << 20
)

// TCPConfig configures Stream.AddTCP.
type TCPConfig struct {
	// Address is what to listen on: an address of this machine or the unspecified one. With port 0 the
	// kernel chooses; see Stream.Addrs. There is no default; zero if Listener is given.
	Address netip.AddrPort
	// Listener is a listener to use instead of a new one, of any kind. It is the stream's from then on,
	// which closes it. Default (nil): a new listener.
	Listener net.Listener
	// Connections is how many connections are taken in all. After the last one, the listener is closed;
	// when all have ended, the source has. Default (0) 1, as in spead2; negative: any number, and the
	// source ends with the stream.
	Connections int
	// MaxOpen is how many connections may be open at a time; others wait in the kernel. Each takes 1 MiB
	// of memory, or two largest packets if that is more. 1 to 4096; default (0) 64.
	MaxOpen int
	// BufferSize is the size of each connection's receive buffer in bytes; the kernel may give less.
	// Default (0) 4 MiB; negative: the kernel adapts it to the connection.
	BufferSize int
	// MaxPacketSize is the largest packet in bytes. Longer ones are skipped and counted. 1 to 16777216
	// (16 MiB); default (0) 65536.
	MaxPacketSize int
}

// withDefaults checks c and returns it with the defaults filled in.
func (c TCPConfig) withDefaults() (TCPConfig, error) {
	if err := c.check(); err != nil {
		return c, err
	}
	setDefault(&c.Connections, 1)
	setDefault(&c.MaxOpen, defaultTCPMaxOpen)
	setDefault(&c.BufferSize, defaultTCPBuffer)
	setDefault(&c.MaxPacketSize, defaultTCPMaxPacketSize)
	return c, nil
}

func (c *TCPConfig) check() error {
	field := func(name string, value any, allowed string) error {
		return &spead.FieldError{Field: "recv.TCPConfig." + name, Value: value, Allowed: allowed}
	}
	switch {
	case c.Listener == nil && (!c.Address.IsValid() || c.Address.Addr().IsMulticast()):
		return field("Address", c.Address, "a unicast IP address with a port")
	case c.Listener != nil && c.Address.IsValid():
		return field("Address", c.Address, "nothing, as Listener has one")
	case c.MaxOpen < 0 || c.MaxOpen > tcpMaxOpenLimit:
		return field("MaxOpen", c.MaxOpen, "1 to 4096, or 0 for 64")
	case c.BufferSize > 1<<30-1:
		return field("BufferSize", c.BufferSize, "at most 1073741823 bytes")
	case c.MaxPacketSize < 0 || c.MaxPacketSize > framing.PacketLimit:
		return field("MaxPacketSize", c.MaxPacketSize, "1 to 16777216, or 0 for 65536")
	}
	return nil
}
