// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"

	"golang.org/x/sys/unix"
)

// reportOverflow has the kernel send the socket's drop counter along with each message. Where it
// can't, drops go unseen, which is no reason not to receive.
func reportOverflow(conn *net.UDPConn) {
	_ = control(conn, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	})
}

// dropMeter turns the kernel's drop counter, which wraps at 32 bits, into increments.
type dropMeter struct {
	last uint32
}

// advance takes the counter's value at a message and returns what was dropped since the last one. A
// message that was queued before one already seen adds nothing.
func (m *dropMeter) advance(counter uint32) int64 {
	dropped := int32(counter - m.last)
	if dropped <= 0 {
		return 0
	}
	m.last = counter
	return int64(dropped)
}
