// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"log/slog"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/internal/udp/route"
	"github.com/gospead/spead/internal/wire"
)

// TooBigError says that a packet is larger than UDP or the path to its endpoint takes, and what size
// would have worked. errors.Is finds syscall.EMSGSIZE in it.
type TooBigError = route.TooBigError

// NewUDP returns a stream that sends to UDP endpoints, unicast or multicast. On Linux it hands many
// packets to the kernel at once and lets it or the network card split them (UDP_SEGMENT) where that
// works; whether it does is found out for each endpoint. Errors: *spead.FieldError for what the
// configuration got wrong, or the socket's.
func NewUDP(cfg UDPConfig) (*Stream, error) {
	pathMTU := cfg.MaxPacketSize == PathMTU
	if pathMTU {
		cfg.MaxPacketSize = 0
	}
	shared, err := cfg.Config.withDefaults()
	if err != nil {
		return nil, err
	}
	if shared.Layout == LayoutAuto {
		shared.Layout = LayoutEqual
	}
	pacing, err := cfg.kernelPacing(&shared)
	if err != nil {
		return nil, err
	}
	socket, err := udp.NewSender(udp.SenderConfig{
		Endpoints:  cfg.Endpoints,
		Source:     cfg.Source,
		Interface:  cfg.Interface,
		TTL:        cfg.TTL,
		BufferSize: cfg.BufferSize,
		GSO:        cfg.GSO,
		PathMTU:    pathMTU,
		Pacing:     pacing,
		Conn:       cfg.Conn,
	})
	if err != nil {
		var field *spead.FieldError
		if errors.As(err, &field) {
			err = field.Within("send.UDPConfig")
		}
		return nil, err
	}
	cfg.warn(shared.Logger, socket)
	var t transport = udpTransport{socket}
	if pathMTU {
		t = pathTransport{udpTransport{socket}}
	}
	return newPacedStream(shared, cfg.Pacing, t, len(cfg.Endpoints)), nil
}

// warn tells what works, but not as it could.
func (c *UDPConfig) warn(logger *slog.Logger, socket *udp.Sender) {
	asked := c.BufferSize
	if asked == 0 && c.Pacing != PacingKernel {
		asked = udp.DefaultSendBuffer
	}
	if granted := socket.BufferSize(); c.Conn == nil && granted < asked {
		logger.Warn("send buffer is smaller than asked for", "asked", asked, "granted", granted,
			"help", "raise net.core.wmem_max")
	}
	if err := socket.PathMTUError(); err != nil {
		logger.Warn("path MTU is unknown", "assumed packet size", socket.MaxPacketSize(), "error", err)
	}
}

// udpTransport is a UDP socket.
type udpTransport struct{ socket *udp.Sender }

func (t udpTransport) WriteBatch(d []wire.Datagram) (int, error) { return t.socket.WriteBatch(d) }

func (t udpTransport) Close() error { return t.socket.Close() }

// TransportStats tells of the socket's calls, and of each endpoint.
func (t udpTransport) TransportStats() TransportStats {
	s := t.socket.Stats()
	return TransportStats{
		Calls:         s.Calls,
		Messages:      s.Messages,
		Packets:       s.Datagrams,
		Waits:         s.Waits,
		Retries:       s.Retries,
		Errors:        s.Errors,
		Paths:         s.Paths,
		MaxPacketSize: t.socket.MaxPacketSize(),
	}
}

// pathTransport is a UDP socket whose packets are as large as the path takes.
type pathTransport struct{ udpTransport }

// MaxPacketSize is what the paths to all endpoints take, within what heaps can be split into.
func (t pathTransport) MaxPacketSize() int {
	return min(max(t.socket.MaxPacketSize(), minMaxPacketSize), maxMaxPacketSize)
}
