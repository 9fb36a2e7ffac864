// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp/route"
	"github.com/gospead/spead/internal/wire"
)

// DefaultSendBuffer is the send buffer's size in bytes, as in spead2.
const DefaultSendBuffer = 512 << 10

// SenderConfig configures NewSender.
type SenderConfig struct {
	// Endpoints are the destinations, one per substream: at least one, all of one IP version.
	Endpoints []netip.AddrPort
	// Source is the local address to send from. Default (zero): the kernel chooses.
	Source netip.Addr
	// Interface is where multicast leaves, as ParseInterface reads it. Only for endpoints that are all
	// multicast. Default (empty): the kernel chooses.
	Interface string
	// TTL is how many hops multicast may go, 1 to 255. Only for endpoints that are all multicast.
	// Default (0) 1.
	TTL int
	// BufferSize is the size of the socket's send buffer in bytes. Default (0) 512 KiB; negative leaves
	// the kernel's own default.
	BufferSize int
	// GSO is segmentation offload. Default OffloadAuto.
	GSO Offload
	// PathMTU has MaxPacketSize follow the path MTU, and forbids fragments. Default (false): packets that
	// are larger than the path takes are sent in fragments.
	PathMTU bool
	// Pacing has the kernel keep to a rate. Default (zero): it doesn't.
	Pacing Pacing
	// Conn is a socket to use instead of a new one. It isn't connected, and it is the Sender's from now
	// on, which closes it; its options are left as they are, so that Source, Interface, TTL, BufferSize
	// and Pacing must have their zero values. Default (nil): a new socket.
	Conn *net.UDPConn

	// defaultBuffer says that BufferSize was 0, so that it is ours to choose. Default (false): it isn't.
	defaultBuffer bool
}

// Pacing is a rate for the kernel to keep to.
type Pacing struct {
	// Rate is the most to send, in bytes of datagrams' content per second. Default (0): unlimited.
	Rate float64
	// DatagramBytes is how large most datagrams are, if PathMTU doesn't say: the kernel counts headers
	// too, and the rate is converted for datagrams of this size. Smaller ones leave more slowly. At least
	// 1, if there is a rate.
	DatagramBytes int
	// MessageBytes is how many bytes of datagrams may leave back to back, unless one is larger. At least
	// 1, if there is a rate.
	MessageBytes int
}

// Sender sends datagrams through one UDP socket, which isn't connected.
type Sender struct {
	conn       *net.UDPConn
	batch      *batchSender
	counters   senderCounters
	sizes      *route.Sizes
	bufferSize int
	second     *Sender // another way into the socket, if there is one
}

// NewSender opens a socket. Errors: *spead.FieldError for what the configuration got wrong, or the
// system's; Conn is the caller's then. cfg isn't kept.
func NewSender(cfg SenderConfig) (*Sender, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	outlet, err := ParseInterface(cfg.Interface)
	if err != nil {
		return nil, err
	}
	if cfg.Conn != nil {
		return adopt(cfg)
	}
	conn, err := listen(netip.AddrPortFrom(cfg.Source, 0))
	if err != nil {
		return nil, err
	}
	s := &Sender{conn: conn}
	if err := s.setUp(cfg, outlet); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *Sender) setUp(cfg SenderConfig, outlet *net.Interface) (err error) {
	if err = setMulticastOutlet(s.conn, outlet, cfg.TTL); err != nil {
		return err
	}
	if s.bufferSize, err = setSendBuffer(s.conn, cfg.BufferSize); err != nil {
		return err
	}
	if cfg.PathMTU {
		if err = route.ForbidFragments(s.conn); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	return s.start(&cfg, outlet)
}

// adopt uses the user's socket.
func adopt(cfg SenderConfig) (*Sender, error) {
	s := &Sender{conn: cfg.Conn}
	var err error
	if s.bufferSize, err = setSendBuffer(s.conn, -1); err != nil {
		return nil, err
	}
	if local := localAddr(s.conn).Addr(); !local.IsUnspecified() && local.Is4() == cfg.Endpoints[0].Addr().Is4() {
		cfg.Source = local
	}
	if err := s.start(&cfg, nil); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Sender) start(cfg *SenderConfig, outlet *net.Interface) (err error) {
	s.counters.paths = make([]pathCounters, len(cfg.Endpoints))
	ways := cfg.ways(outlet)
	s.sizes = route.NewSizes(ways)
	if cfg.PathMTU {
		s.sizes.Discover()
	}
	if s.batch, err = newBatchSender(s.conn, cfg, &s.counters); err != nil {
		return err
	}
	return s.pace(cfg, ways)
}

// WriteBatch sends datagrams in order and returns how many left. An error is about d[n]; the
// datagrams after it haven't been tried. It is a *route.TooBigError if d[n] is too large. While the socket's
// buffer is full it waits; Close makes it return net.ErrClosed. The datagrams' memory isn't used after
// it has returned. One goroutine at a time may call it.
//
// Preconditions: each datagram's Size is that of its parts, and its Substream is an index into the
// configured Endpoints.
func (s *Sender) WriteBatch(d []wire.Datagram) (n int, err error) {
	n, err = s.batch.write(d)
	if err != nil && route.IsTooBig(err) {
		err = s.sizes.Explain(d[n].Substream, d[n].Size, err)
	}
	return n, err
}

// MaxPacketSize is the size in bytes of the largest datagram that reaches all destinations in one
// piece, as far as is known now. It changes as WriteBatch finds out more. 0 unless PathMTU is set.
// Any goroutine may call it.
func (s *Sender) MaxPacketSize() int { return s.sizes.Least() }

// PathMTUError says why a path MTU couldn't be found out when the Sender was made, so that one that
// passes every Ethernet was assumed; nil if all could.
func (s *Sender) PathMTUError() error { return s.sizes.Failure() }

// SetDeadline makes a WriteBatch that waits return from then on, or that would, with
// os.ErrDeadlineExceeded; the zero time takes that back. Any goroutine may call it.
func (s *Sender) SetDeadline(when time.Time) {
	_ = s.conn.SetWriteDeadline(when) // fails only on a socket that is closed, which WriteBatch tells
}

// Close closes the socket and makes a waiting WriteBatch return. Any goroutine may call it, more
// than once.
func (s *Sender) Close() error {
	if s.second != nil {
		_ = s.second.Close() // it has nothing of its own to say
	}
	return closeConn(s.conn)
}

// LocalAddr is the address that the socket is bound to. Its IP address may be the unspecified one.
func (s *Sender) LocalAddr() netip.AddrPort { return localAddr(s.conn) }

// BufferSize is the size in bytes of the send buffer that the kernel granted; 0 if it was left alone
// where it can't be asked.
func (s *Sender) BufferSize() int { return s.bufferSize }

// Stats may be called by any goroutine at any time.
func (s *Sender) Stats() SenderStats { return s.counters.snapshot() }

// ways are where datagrams go from here.
func (c *SenderConfig) ways(outlet *net.Interface) []route.Way {
	ways := make([]route.Way, len(c.Endpoints))
	for i, e := range c.Endpoints {
		ways[i] = route.Way{To: e, Source: c.Source, Outlet: outlet}
		if zone, err := ParseInterface(e.Addr().Zone()); err == nil && zone != nil {
			ways[i].Zone = zone.Index
		}
	}
	return ways
}

// withDefaults checks c and returns it with the defaults filled in and IPv4 addresses as such.
func (c SenderConfig) withDefaults() (SenderConfig, error) {
	if err := checkShared(c.BufferSize, "GSO", c.GSO); err != nil {
		return c, err
	}
	if err := c.useEndpoints(); err != nil {
		return c, err
	}
	if c.Conn != nil {
		return c, c.checkConn()
	}
	if err := c.useSource(); err != nil {
		return c, err
	}
	if c.BufferSize == 0 {
		c.BufferSize, c.defaultBuffer = DefaultSendBuffer, true
	}
	return c, c.checkMulticast()
}

func (c *SenderConfig) useEndpoints() error {
	if len(c.Endpoints) == 0 {
		return &spead.FieldError{Field: "Endpoints", Value: c.Endpoints, Allowed: "at least one address with a port"}
	}
	endpoints := make([]netip.AddrPort, len(c.Endpoints))
	for i, e := range c.Endpoints {
		if !e.IsValid() || e.Port() == 0 {
			return &spead.FieldError{Field: "Endpoints", Value: e, Allowed: "IP addresses with ports from 1 to 65535"}
		}
		endpoints[i] = unmapped(e)
		if endpoints[i].Addr().Is4() != endpoints[0].Addr().Is4() {
			return &spead.FieldError{Field: "Endpoints", Value: e, Allowed: "addresses of one IP version"}
		}
	}
	c.Endpoints = endpoints
	return nil
}

func (c *SenderConfig) useSource() error {
	is4 := c.Endpoints[0].Addr().Is4()
	switch {
	case c.Source.IsValid():
		c.Source = c.Source.Unmap()
	case is4:
		c.Source = netip.IPv4Unspecified()
	default:
		c.Source = netip.IPv6Unspecified()
	}
	if c.Source.Is4() != is4 {
		return &spead.FieldError{Field: "Source", Value: c.Source, Allowed: "an address of the endpoints' IP version"}
	}
	if c.Source.IsMulticast() {
		return &spead.FieldError{Field: "Source", Value: c.Source, Allowed: "a unicast address"}
	}
	return nil
}

func (c *SenderConfig) checkConn() error {
	allowed := "nothing, as the options of Conn are left alone"
	switch {
	case c.Conn.RemoteAddr() != nil:
		return &spead.FieldError{Field: "Conn", Value: c.Conn.RemoteAddr(), Allowed: "a socket that isn't connected"}
	case c.Source.IsValid():
		return &spead.FieldError{Field: "Source", Value: c.Source, Allowed: allowed}
	case c.Interface != "":
		return &spead.FieldError{Field: "Interface", Value: c.Interface, Allowed: allowed}
	case c.TTL != 0:
		return &spead.FieldError{Field: "TTL", Value: c.TTL, Allowed: allowed}
	case c.BufferSize != 0:
		return &spead.FieldError{Field: "BufferSize", Value: c.BufferSize, Allowed: allowed}
	case c.Pacing.Rate != 0:
		return &spead.FieldError{Field: "Pacing", Value: "kernel", Allowed: allowed}
	}
	return nil
}

func (c *SenderConfig) checkMulticast() error {
	if c.TTL < 0 || c.TTL > 255 {
		return &spead.FieldError{Field: "TTL", Value: c.TTL, Allowed: "0 to 255"}
	}
	for _, e := range c.Endpoints {
		switch {
		case e.Addr().IsMulticast():
		case c.TTL != 0:
			return &spead.FieldError{Field: "TTL", Value: c.TTL, Allowed: "0, unless all endpoints are multicast"}
		case c.Interface != "":
			return &spead.FieldError{Field: "Interface", Value: c.Interface, Allowed: "nothing, unless all endpoints are multicast"}
		}
	}
	return nil
}
