// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"net"
	"sync/atomic"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp"
)

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
