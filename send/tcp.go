// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp/pacing"
)

// defaultTCPPacketSize is the most that MaxPacketSize allows, as a multiple of 8. spead2's TCP
// receivers take 65536 by default.
const defaultTCPPacketSize = maxMaxPacketSize &^ 7

// TCPConfig configures NewTCP. Its MaxPacketSize defaults to 65504 bytes instead of 1472, as the size
// of a packet isn't that of what is on the wire.
type TCPConfig struct {
	Config
	// Endpoint is where to connect to. There is no default; zero if Conn is given.
	Endpoint netip.AddrPort
	// Source is the local address to connect from. Default (zero): the kernel chooses.
	Source netip.Addr
	// BufferSize is the size of the socket's send buffer in bytes. Default (0): the kernel adapts it to
	// the connection, which is faster than any fixed size.
	BufferSize int
	// Conn is a connection to use instead of a new one, of any kind. It is the stream's from then on,
	// which closes it; its options are left as they are, so that Endpoint, Source, BufferSize and Pacing
	// must have their zero values. Default (nil): a new connection.
	Conn net.Conn
	// Pacing says who keeps to Rate. Default PacingSoftware. With PacingKernel Rate is needed, at least a
	// packet per second, BurstSize and BurstRateRatio must be 0, and Conn nil.
	Pacing Pacing
	// Linger is how long Close waits for a peer that takes nothing at all before it gives up what
	// hasn't left. Default (0) 10 s.
	Linger time.Duration
}

// NewTCP connects and returns a stream that sends its packets one after the other over that
// connection, with nothing between them, on one substream. When ctx ends before there is a
// connection, its error is returned; afterwards it has no effect. Errors: *spead.FieldError for what
// the configuration got wrong, or the connection's.
//
// When the connection breaks, the heap at that point fails with the bytes that were taken, and each
// heap from then on fails too.
func NewTCP(ctx context.Context, cfg TCPConfig) (*Stream, error) {
	if cfg.MaxPacketSize == 0 {
		cfg.MaxPacketSize = defaultTCPPacketSize
	}
	if cfg.Linger == 0 {
		cfg.Linger = defaultLinger
	}
	shared, err := cfg.Config.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	conn := cfg.Conn
	if conn == nil {
		if conn, err = cfg.connect(ctx); err != nil {
			return nil, err
		}
	}
	t, err := newConnTransport(conn, cfg.Linger)
	if err != nil {
		return nil, err
	}
	return newPacedStream(shared, cfg.Pacing, t, 1), nil
}

func (c *TCPConfig) check() error {
	field := func(name string, value any, allowed string) error {
		return &spead.FieldError{Field: "send.TCPConfig." + name, Value: value, Allowed: allowed}
	}
	allowed := "nothing, as Conn is connected already"
	endpoint, source := c.Endpoint, c.Source.Unmap()
	switch {
	case c.Linger < 0:
		return field("Linger", c.Linger, "0 (10 s) or more")
	case c.BufferSize < 0 || c.BufferSize > 1<<30-1:
		return field("BufferSize", c.BufferSize, "0 (the kernel adapts it) to 1073741823 bytes")
	case c.Conn == nil && (!endpoint.IsValid() || endpoint.Port() == 0 || endpoint.Addr().IsMulticast()):
		return field("Endpoint", endpoint, "a unicast IP address with a port from 1 to 65535")
	case c.Conn == nil && source.IsValid() && source.Is4() != endpoint.Addr().Unmap().Is4():
		return field("Source", source, "an address of the endpoint's IP version")
	case c.Conn != nil && endpoint.IsValid():
		return field("Endpoint", endpoint, allowed)
	case c.Conn != nil && source.IsValid():
		return field("Source", source, allowed)
	case c.Conn != nil && c.BufferSize != 0:
		return field("BufferSize", c.BufferSize, allowed)
	case c.Conn != nil && c.Pacing == PacingKernel:
		return field("Pacing", c.Pacing, "PacingSoftware, as the options of Conn are left alone")
	}
	return c.checkPacing()
}

func (c *TCPConfig) connect(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	if c.Source.IsValid() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(c.Source.Unmap(), 0))
	}
	endpoint := netip.AddrPortFrom(c.Endpoint.Addr().Unmap(), c.Endpoint.Port())
	conn, err := dialer.DialContext(ctx, "tcp", endpoint.String())
	if err != nil {
		var op *net.OpError
		if ctx.Err() != nil {
			err = ctx.Err()
		} else if errors.As(err, &op) {
			err = op.Err // what it adds is where to, as below
		}
		return nil, fmt.Errorf("connect to %v: %w", endpoint, err)
	}
	if err := c.setOptions(conn.(*net.TCPConn)); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (c *TCPConfig) setOptions(conn *net.TCPConn) error {
	if c.BufferSize != 0 {
		if err := conn.SetWriteBuffer(c.BufferSize); err != nil {
			return fmt.Errorf("set the send buffer to %d bytes: %w", c.BufferSize, err)
		}
	}
	return c.limit(conn)
}

// checkPacing refuses what TCP can't do about a rate.
func (c *TCPConfig) checkPacing() error {
	if err := c.Pacing.check("send.TCPConfig"); err != nil || c.Pacing == PacingSoftware {
		return err
	}
	if c.BurstSize != 0 {
		return &spead.FieldError{Field: "send.Config.BurstSize", Value: c.BurstSize,
			Allowed: "0 with TCP and PacingKernel, which chooses bursts itself"}
	}
	return checkKernelPacing(&c.Config, c.MaxPacketSize)
}

// limit has the kernel pace a connection, if it is to.
func (c *TCPConfig) limit(conn syscall.Conn) error {
	if c.Pacing == PacingSoftware {
		return nil
	}
	err := pacing.Limit(conn, c.Rate)
	if errors.Is(err, errors.ErrUnsupported) {
		err = &spead.FieldError{Field: "send.TCPConfig.Pacing", Value: PacingKernel, Allowed: "PacingSoftware, or Linux"}
	}
	return err
}
