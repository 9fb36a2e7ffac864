// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/internal/udp/route"
	"github.com/gospead/spead/internal/wire"
)

// leastMessagesPerSecond keeps messages of segmentation offload short at low rates: fq waits for no
// longer than a second after a message, however large it was.
const leastMessagesPerSecond = 16

// TooBigError says that a packet is larger than UDP or the path to its endpoint takes, and what size
// would have worked. errors.Is finds syscall.EMSGSIZE in it.
type TooBigError = route.TooBigError

// NewUDP returns a stream that sends to UDP endpoints, unicast or multicast. On Linux it hands many
// packets to the kernel at once and lets it or the network card split them (UDP_SEGMENT) where that
// works; whether it does is found out for each endpoint. Close gives up on a socket that takes nothing
// for 10 s. Errors: *spead.FieldError for what the configuration got wrong, or the socket's.
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
	u := &udpTransport{socket: socket, linger: &linger{most: defaultLinger}}
	var t transport = u
	if pathMTU {
		t = pathTransport{u}
	}
	return newPacedStream(shared, cfg.Pacing, t, len(cfg.Endpoints)), nil
}

// kernelPacing is what the kernel is to do for a stream whose configuration is shared, defaults
// included.
func (c *UDPConfig) kernelPacing(shared *Config) (udp.Pacing, error) {
	if err := c.Pacing.check("send.UDPConfig"); err != nil || c.Pacing == PacingSoftware {
		return udp.Pacing{}, err
	}
	return udp.Pacing{
		Rate:          shared.Rate,
		DatagramBytes: shared.MaxPacketSize &^ 7,
		MessageBytes:  int(min(float64(shared.BurstSize), shared.Rate/leastMessagesPerSecond)),
	}, checkKernelPacing(&c.Config, shared.MaxPacketSize)
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

// udpTransport is a UDP socket, or a second way into one.
type udpTransport struct {
	socket *udp.Sender
	linger *linger // of both ways
	second atomic.Pointer[udpTransport]
	// givenUp is why nothing more is tried. It belongs to who writes.
	givenUp error
}

func (t *udpTransport) WriteBatch(d []wire.Datagram) (int, error) {
	if t.givenUp != nil {
		return 0, t.givenUp
	}
	return t.wrote(t.socket.WriteBatch(d))
}

// wrote sees to a write that was made to return before the socket took all: it wasn't an error, unless
// the stream is being closed and the socket has taken nothing for long.
func (t *udpTransport) wrote(n int, err error) (int, error) {
	if n > 0 {
		t.linger.moved()
	}
	if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		return n, err
	}
	if t.linger.renew(t.socket.SetDeadline) {
		t.givenUp = fmt.Errorf("the socket takes nothing: %w", ErrClosed)
		return n, t.givenUp
	}
	return n, nil
}

// Interrupt makes waiting writes return.
func (t *udpTransport) Interrupt() { t.setDeadlines(time.Unix(1, 0)) }

// Hurry limits how long writes wait for a socket that takes nothing.
func (t *udpTransport) Hurry() { t.setDeadlines(t.linger.hurry()) }

func (t *udpTransport) setDeadlines(when time.Time) {
	t.socket.SetDeadline(when)
	if second := t.second.Load(); second != nil {
		second.socket.SetDeadline(when)
	}
}

func (t *udpTransport) Close() error { return t.socket.Close() }

// TransportStats tells of the socket's calls, and of each endpoint.
func (t *udpTransport) TransportStats() TransportStats {
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
type pathTransport struct{ *udpTransport }

// MaxPacketSize is what the paths to all endpoints take, within what heaps can be split into.
func (t pathTransport) MaxPacketSize() int {
	return min(max(t.socket.MaxPacketSize(), minMaxPacketSize), maxMaxPacketSize)
}
