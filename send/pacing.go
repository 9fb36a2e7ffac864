// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/internal/udp/pacing"
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

// leastMessagesPerSecond keeps messages of segmentation offload short at low rates: fq waits for no
// longer than a second after a message, however large it was.
const leastMessagesPerSecond = 16

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

// newPacedStream is newStream for a transport whose kernel may be the one that paces.
func newPacedStream(cfg Config, by Pacing, t transport, substreams int) *Stream {
	if by == PacingKernel {
		cfg.Rate = 0
	}
	s := newStream(cfg, t, substreams)
	s.pacing = by
	return s
}
