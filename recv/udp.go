// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp"
)

// AddUDP adds a UDP socket, or several that share a port: unicast, or a multicast group that it joins.
// The socket is bound when AddUDP returns, and the kernel keeps what arrives until Start. Errors:
// *spead.FieldError for what the configuration got wrong, the socket's, or ErrStarted.
func (s *Stream) AddUDP(cfg UDPConfig) error {
	if cfg.Conn != nil {
		if _, ok := cfg.Conn.(*net.UDPConn); !ok {
			return s.addPacketConn(cfg)
		}
	}
	sockets, err := s.openUDP(cfg)
	if err != nil {
		var field *spead.FieldError
		if errors.As(err, &field) {
			err = field.Within("recv.UDPConfig")
		}
		return err
	}
	if len(sockets) > 1 {
		s.divide(len(sockets))
	}
	var errs []error
	addr := sockets[0].LocalAddr()
	var shared *port
	if len(sockets) > 1 {
		shared = new(port)
	}
	for _, socket := range sockets {
		s.checkBuffer(cfg, socket)
		errs = append(errs, s.add(udpSourceOf(socket, shared, len(sockets)), addr))
		addr = netip.AddrPort{} // the others' is the same
	}
	return errors.Join(errs...)
}

// udpSourceOf gives the source that reads a socket, one of some that share a port.
func udpSourceOf(socket *udp.Receiver, shared *port, sharers int) Source {
	source := &udpSource{socket: socket, port: shared, room: sharers * socket.BufferSize()}
	if socket.Pollable() {
		return &udpPoller{source}
	}
	return source
}

// udpSource reads a UDP socket.
type udpSource struct {
	socket *udp.Receiver
	// room is what the buffers of all sockets that share the port hold, in bytes: each gets its part of
	// what comes.
	room   int
	port   *port // nil if there is no other socket
	before udp.ReceiverCounters
}

func (u *udpSource) ReadBatch(b *Batch) error {
	var err error
	b.Datagrams, err = u.socket.ReadBatch(b.Datagrams)
	u.count(b)
	return err
}

// count counts what has happened since the last batch.
func (u *udpSource) count(b *Batch) {
	now := u.socket.Counters()
	b.Refused[spead.RefusedTooLong] += now.TooLong - u.before.TooLong
	b.Refused[spead.RefusedEmpty] += now.Empty - u.before.Empty
	b.KernelDrops += now.KernelDrops - u.before.KernelDrops
	b.Fragmented += now.Fragmented - u.before.Fragmented
	u.before = now
	for _, o := range u.socket.Origins() {
		b.Origins = append(b.Origins, Origin(o))
	}
}

func (u *udpSource) Close() error { return u.socket.Close() }

// udpPoller reads a UDP socket without waiting.
type udpPoller struct {
	*udpSource
}

func (u *udpPoller) TryReadBatch(b *Batch) error {
	var err error
	b.Datagrams, err = u.socket.TryReadBatch(b.Datagrams)
	u.count(b)
	return err
}

func (u *udpPoller) Wait() error { return u.socket.Wait() }

// deepBuffer is the size of receive buffers, together, that take in what comes in 25 ms at 10 Gb/s, in bytes:
// longer than a process that sleeps is let wait on a busy machine.
const deepBuffer = 32 << 20

func (u *udpPoller) deep() bool { return u.room >= deepBuffer }

func (u *udpPoller) sharedPort() *port { return u.port }

func (u *udpPoller) depth() int { return u.socket.BufferSize() }

func (u *udpPoller) waitFor(d time.Duration) { u.socket.WaitFor(d) }

// refresh adds what was dropped since the last datagram.
func (u *udpPoller) refresh(b *Batch) {
	u.socket.Refresh()
	b.KernelDrops += u.socket.Counters().KernelDrops - u.before.KernelDrops
	u.before.KernelDrops = u.socket.Counters().KernelDrops
}

// openUDP opens the sockets of a configuration. Preconditions: if there is a Conn, it is a *net.UDPConn.
func (s *Stream) openUDP(cfg UDPConfig) ([]*udp.Receiver, error) {
	setDefault(&cfg.Sockets, 1)
	offload := cfg.GRO
	if cfg.Sockets > 1 && !s.cfg.AllowOutOfOrder {
		offload = OffloadOff // see UDPConfig.Sockets
	}
	receiver := udp.ReceiverConfig{
		Address:       cfg.Address,
		Interface:     cfg.Interface,
		Senders:       cfg.Senders,
		BufferSize:    cfg.BufferSize,
		MaxPacketSize: cfg.MaxPacketSize,
		GRO:           offload,
	}
	if cfg.Conn != nil {
		receiver.Conn = cfg.Conn.(*net.UDPConn)
	}
	return udp.NewReceivers(receiver, cfg.Sockets)
}

// checkBuffer counts a socket's buffer, and says so if it isn't what was asked for.
func (s *Stream) checkBuffer(cfg UDPConfig, socket *udp.Receiver) {
	asked := cfg.BufferSize
	if cfg.Conn == nil {
		setDefault(&asked, udp.DefaultReceiveBuffer)
	}
	granted := socket.BufferSize()
	missing := max(0, asked-granted)
	s.lock()
	s.work.ReceiveBuffer += int64(granted)
	s.work.ReceiveBufferMissing += int64(missing)
	s.baton.Unlock()
	if missing > 0 && s.cfg.Logger != nil {
		s.cfg.Logger.Warn("receive buffer is smaller than asked for", "asked", asked, "granted", granted,
			"help", "raise net.core.rmem_max, or set UDPConfig.Sockets")
	}
}

// divide makes the heaps of each socket a substream, unless the user has said how to divide them: a
// socket that is read later than others must not have its heaps evicted by theirs. Numbers of sockets
// are powers of two, so that the largest does for all.
func (s *Stream) divide(sockets int) {
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	if !s.cfg.substreamsAreDefault || s.started || s.closed || s.cfg.Substreams >= sockets {
		return
	}
	s.cfg.Substreams = sockets
	s.newAssembler()
}

// packetConnMax is the default of UDPConfig.MaxPacketSize, as package udp has it.
const packetConnMax = 9200

// packetConn reads packets one by one from a connection of any kind.
type packetConn struct {
	net.PacketConn
	buffer []byte // one byte longer than a packet may be
	closed atomic.Bool
}

// addPacketConn adds a connection that isn't a UDP socket.
func (s *Stream) addPacketConn(cfg UDPConfig) error {
	field := func(name string, value any, allowed string) error {
		return &spead.FieldError{Field: "recv.UDPConfig." + name, Value: value, Allowed: allowed}
	}
	const nothing = "nothing, as Conn is given"
	switch {
	case cfg.Address.IsValid():
		return field("Address", cfg.Address, nothing)
	case cfg.Interface != "":
		return field("Interface", cfg.Interface, nothing)
	case len(cfg.Senders) > 0:
		return field("Senders", cfg.Senders, nothing)
	case cfg.Sockets < 0 || cfg.Sockets > 1:
		return field("Sockets", cfg.Sockets, "1, as Conn is given")
	case cfg.BufferSize > 0:
		return field("BufferSize", cfg.BufferSize, "0, unless Conn is a *net.UDPConn")
	case cfg.MaxPacketSize < 0 || cfg.MaxPacketSize > 65535:
		return field("MaxPacketSize", cfg.MaxPacketSize, "1 to 65535, or 0 for 9200")
	}
	setDefault(&cfg.MaxPacketSize, packetConnMax)
	return s.AddSource(&packetConn{PacketConn: cfg.Conn, buffer: make([]byte, cfg.MaxPacketSize+1)})
}

func (p *packetConn) ReadBatch(b *Batch) error {
	n, _, err := p.ReadFrom(p.buffer)
	switch {
	case err != nil && p.closed.Load():
		return net.ErrClosed // whatever a connection says that was closed
	case err != nil:
		return err
	case n == 0:
		b.Refuse(spead.RefusedEmpty)
	case n == len(p.buffer):
		b.Refuse(spead.RefusedTooLong)
	default:
		b.Add(p.buffer[:n:n])
	}
	return nil
}

func (p *packetConn) Close() error {
	p.closed.Store(true)
	if err := p.PacketConn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
