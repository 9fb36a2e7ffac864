// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reportOverflow has the kernel send the socket's drop counter along with each message. Where it
// can't, drops go unseen, which is no reason not to receive.
func reportOverflow(conn *net.UDPConn) {
	_ = control(conn, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	})
}

// reportFragments has the kernel say with each message whether it was put together from fragments
// (since Linux 4.14, for IPv4 and IPv6). Where it can't, that goes unseen.
func reportFragments(conn *net.UDPConn) {
	_ = control(conn, func(fd int) error {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_RECVFRAGSIZE, 1); err == nil {
			return nil
		}
		return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVFRAGSIZE, 1)
	})
}

// The kernel's enum of SO_MEMINFO (include/uapi/linux/sock_diag.h): how many figures there are, and
// which of them is the drop counter.
const (
	memInfoCount = 9
	memInfoDrops = 8
)

// socketDrops asks for the socket's drop counter (since Linux 4.12).
func socketDrops(fd uintptr) (drops uint32, ok bool) {
	var info [memInfoCount]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := syscall.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	return info[memInfoDrops], errno == 0 && size == uint32(unsafe.Sizeof(info))
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
