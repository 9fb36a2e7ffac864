// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"net"

	"github.com/gospead/spead/internal/assembler"
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

// checkBuffer says so if a socket's buffer isn't what was asked for.
func (s *Stream) checkBuffer(cfg UDPConfig, socket *udp.Receiver) {
	asked := cfg.BufferSize
	if cfg.Conn == nil {
		setDefault(&asked, udp.DefaultReceiveBuffer)
	}
	if granted := socket.BufferSize(); granted < asked && s.cfg.Logger != nil {
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
	s.assembler = assembler.New(s.cfg.assembly(), &s.memory)
}
