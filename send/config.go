// SPDX-License-Identifier: Apache-2.0

package send

import (
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp"
)

const (
	defaultMaxPacketSize  = 1472
	defaultMaxHeaps       = 4
	defaultBurstSize      = 65536
	defaultBurstRateRatio = 1.05
	// minMaxPacketSize is spead2's: a header, four special pointers, one of an item, 8 bytes of payload.
	minMaxPacketSize = 56
	// maxMaxPacketSize is the most that UDP over IPv4 carries. Other transports keep to it as well, so
	// that what they send can be forwarded.
	maxMaxPacketSize = 65507
)

// PathMTU as MaxPacketSize of a UDPConfig makes packets as large as the paths to all endpoints take
// in one piece, and follows those down.
const PathMTU = -1

// Config is what every transport shares. The zero value sends at full speed with spead2's defaults.
type Config struct {
	// MaxPacketSize is the largest packet in bytes of UDP payload, header included. It is rounded down
	// to a multiple of 8, as in spead2. 56 to 65507, or with UDP PathMTU; default (0) 1472, with TCP
	// 65504.
	MaxPacketSize int
	// Layout is how heaps are cut into packets. Default LayoutAuto.
	Layout Layout
	// MaxHeaps is how many heaps may be in flight: accepted by Send or SendBatch but not yet sent. It
	// also bounds the heaps of a batch. At least 1; default (0) 4.
	MaxHeaps int
	// MaxBytes is how many bytes of payload may be in flight, and so in a batch. At least 1; default (0)
	// unlimited: it is the caller's memory.
	MaxBytes int64
	// Rate is the average to keep to, in bytes per second of UDP payload. Default (0) unlimited.
	Rate float64
	// BurstSize is how many bytes go out back to back before the clock is consulted. Default (0) 65536.
	BurstSize int
	// BurstRateRatio is how much faster than Rate the stream may go to catch up after a delay that was
	// not the caller's. At least 1; default (0) 1.05.
	BurstRateRatio float64
	// Logger receives what is worth a line, never once per packet. Default (nil): nothing is logged.
	Logger *slog.Logger
}

// Layout says how heaps are cut into packets. Receivers see the same items either way.
type Layout uint8

// The layouts.
const (
	// LayoutAuto is LayoutEqual over UDP and LayoutStandard elsewhere, where it makes no difference to
	// the speed.
	LayoutAuto Layout = iota
	// LayoutEqual makes all packets of a heap the same size where that takes no more of them, the
	// payload is a multiple of 8 bytes, and the heap isn't so long that it doesn't matter: smaller
	// packets instead of full ones and a short last one. What the division leaves is filled up by NULL
	// item pointers, which every receiver ignores, in the first packet. The packets are those that
	// spead2 makes if its packet size is set to suit the heap. Segmentation offload then joins packets
	// across heaps.
	LayoutEqual
	// LayoutStandard is byte for byte what spead2 makes with the same packet size: full packets, and
	// what is left in the last.
	LayoutStandard
)

var layoutNames = [...]string{"auto", "equal", "standard"}

// String gives the layout's name, such as "equal".
func (l Layout) String() string {
	if int(l) < len(layoutNames) {
		return layoutNames[l]
	}
	return "unknown"
}

func (l Layout) check() error {
	if l > LayoutStandard {
		return &spead.FieldError{Field: "send.Config.Layout", Value: uint8(l), Allowed: "LayoutAuto, LayoutEqual or LayoutStandard"}
	}
	return nil
}

// Offload says whether the kernel may be asked to split large messages into datagrams.
type Offload = udp.Offload

// The values of Offload.
const (
	// OffloadAuto uses segmentation offload where the kernel has it, and stops where it fails.
	OffloadAuto Offload = udp.OffloadAuto
	// OffloadOff never uses it.
	OffloadOff Offload = udp.OffloadOff
)

// Pacing says who sees to it that a stream keeps to its rate.
type Pacing uint8

// Who paces.
const (
	// PacingSoftware: the stream does, whatever its transport. It sleeps until a burst is due, keeps the
	// average rate over bursts that were late, and heaps may have rates of their own.
	PacingSoftware Pacing = iota
	// PacingKernel: Linux does (SO_MAX_PACING_RATE). Packets, or messages of segmentation offload, are
	// spaced evenly by the kernel's own timers, and the stream sleeps until there is room again, which
	// costs little of the processor at any rate. What the kernel has taken counts as sent, although it
	// may not have left yet. All heaps share one rate.
	//
	// UDP needs the queueing discipline fq where packets leave (tc qdisc replace dev eth0 root fq); other
	// disciplines, such as fq_codel or the loopback interface's noqueue, ignore rates, so that NewUDP
	// refuses them. All endpoints have to be reached by one interface, and there may be only one of them
	// if that has several queues (mq). The discipline is looked at when the stream is made; don't change
	// it later. The default BufferSize is what fq keeps without dropping anything, which the stream
	// couldn't know: its flow_limit says how many messages.
	//
	// TCP paces itself over any interface.
	PacingKernel
)

var pacingNames = [...]string{"software", "kernel"}

// String gives the name, such as "kernel".
func (p Pacing) String() string {
	if int(p) < len(pacingNames) {
		return pacingNames[p]
	}
	return "unknown"
}

func (p Pacing) check(config string) error {
	if p > PacingKernel {
		return &spead.FieldError{Field: config + ".Pacing", Value: uint8(p), Allowed: "PacingSoftware or PacingKernel"}
	}
	return nil
}

// UDPConfig configures NewUDP.
type UDPConfig struct {
	Config
	// Endpoints are the destinations, one per substream: at least one, all of one IP version. There is
	// no default.
	Endpoints []netip.AddrPort
	// Source is the local address to send from. Default (zero): the kernel chooses.
	Source netip.Addr
	// Interface is where multicast leaves: an interface's name, one of its addresses, or its index.
	// Default (empty): the kernel chooses.
	Interface string
	// TTL is how many hops multicast may go, 1 to 255. Default (0) 1.
	TTL int
	// BufferSize is the size of the socket's send buffer in bytes. Default (0) 512 KiB, with PacingKernel
	// as much as suits it; negative leaves the kernel's own default.
	BufferSize int
	// GSO is segmentation offload. Default OffloadAuto.
	GSO Offload
	// Pacing says who keeps to Rate. Default PacingSoftware. With PacingKernel Rate is needed, at least a
	// packet per second, and converted for packets of MaxPacketSize, as the kernel counts the headers of
	// Ethernet, IP and UDP as well: smaller packets leave somewhat more slowly than asked for. BurstSize
	// bounds the messages of segmentation offload, and BurstRateRatio must be 0.
	Pacing Pacing
	// Conn is a socket to use instead of a new one, bound but not connected. It is the stream's from then
	// on, which closes it; its options are left as they are, so that Source, Interface, TTL, BufferSize and
	// Pacing must have their zero values, and PathMTU finds sizes out but doesn't forbid fragments. If
	// NewUDP fails, it is the caller's. Default (nil): a new socket.
	Conn *net.UDPConn
}

// withDefaults checks c and returns it with the defaults filled in.
func (c Config) withDefaults() (Config, error) {
	if c.MaxPacketSize == 0 {
		c.MaxPacketSize = defaultMaxPacketSize
	}
	if c.MaxHeaps == 0 {
		c.MaxHeaps = defaultMaxHeaps
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = math.MaxInt64
	}
	if c.BurstSize == 0 {
		c.BurstSize = defaultBurstSize
	}
	if c.BurstRateRatio == 0 {
		c.BurstRateRatio = defaultBurstRateRatio
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, c.check()
}

func (c *Config) check() error {
	switch {
	case c.MaxPacketSize < minMaxPacketSize || c.MaxPacketSize > maxMaxPacketSize:
		return &spead.FieldError{Field: "send.Config.MaxPacketSize", Value: c.MaxPacketSize, Allowed: "56 to 65507 bytes"}
	case c.MaxHeaps < 1:
		return &spead.FieldError{Field: "send.Config.MaxHeaps", Value: c.MaxHeaps, Allowed: "at least 1"}
	case c.MaxBytes < 1:
		return &spead.FieldError{Field: "send.Config.MaxBytes", Value: c.MaxBytes, Allowed: "0 (unlimited) or more bytes"}
	case !(c.Rate >= 0) || math.IsInf(c.Rate, 0):
		return &spead.FieldError{Field: "send.Config.Rate", Value: c.Rate, Allowed: "0 (unlimited) or more bytes per second, finite"}
	case c.BurstSize < 1:
		return &spead.FieldError{Field: "send.Config.BurstSize", Value: c.BurstSize, Allowed: "at least 1 byte"}
	case !(c.BurstRateRatio >= 1) || math.IsInf(c.BurstRateRatio, 0):
		return &spead.FieldError{Field: "send.Config.BurstRateRatio", Value: c.BurstRateRatio, Allowed: "1 or more, finite"}
	}
	return c.Layout.check()
}

// checkKernelPacing refuses what the kernel's pacing has no use for. c is as the user wrote it, but
// for the packet size.
func checkKernelPacing(c *Config, packetBytes int) error {
	switch {
	case c.Rate < float64(packetBytes):
		return &spead.FieldError{Field: "send.Config.Rate", Value: c.Rate,
			Allowed: fmt.Sprintf("at least a packet (%d bytes) per second with PacingKernel", packetBytes)}
	case c.BurstRateRatio != 0:
		return &spead.FieldError{Field: "send.Config.BurstRateRatio", Value: c.BurstRateRatio,
			Allowed: "0 with PacingKernel, which catches up by the kernel's rules"}
	}
	return nil
}
