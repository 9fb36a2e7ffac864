// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"net"
	"net/netip"

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
	for _, socket := range sockets {
		s.checkBuffer(cfg, socket)
		errs = append(errs, s.add(udpSourceOf(socket), addr))
		addr = netip.AddrPort{} // the others' is the same
	}
	return errors.Join(errs...)
}

// udpSourceOf gives the source that reads a socket.
func udpSourceOf(socket *udp.Receiver) Source {
	source := &udpSource{socket: socket}
	if socket.Pollable() {
		return &udpPoller{source}
	}
	return source
}

// udpSource reads a UDP socket.
type udpSource struct {
	socket *udp.Receiver
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

// refresh adds what was dropped since the last datagram.
func (u *udpPoller) refresh(b *Batch) {
	u.socket.Refresh()
	b.KernelDrops += u.socket.Counters().KernelDrops - u.before.KernelDrops
	u.before.KernelDrops = u.socket.Counters().KernelDrops
}
