// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// connect gives a socket with one destination a fixed one, if it can: messages then need no look at
// the routing table, and keep to one queue of the network card whichever processor sends them, so
// that they stay in order. A connected socket also learns of refusals, which say nothing of the
// message that meets them (see isPassing).
func (b *batchSender) connect(conn *net.UDPConn) {
	if len(b.destinations) != 1 {
		return
	}
	to := &b.destinations[0]
	b.connected.Store(control(conn, func(fd int) error { return connectRaw(fd, to) }) == nil)
}

// disconnect goes back to naming the destination in each message, after a failure: the fixed source
// address or route may be what has failed, and would stay.
func (b *batchSender) disconnect() {
	if !b.connected.CompareAndSwap(true, false) {
		return
	}
	_ = b.raw.Control(func(fd uintptr) {
		var nowhere unix.RawSockaddrUnix // its family is AF_UNSPEC, which dissolves the association
		connectTo(int(fd), (*byte)(unsafe.Pointer(&nowhere)), unix.SizeofSockaddrInet4)
	})
}

func connectRaw(fd int, to *destination) error {
	if errno := connectTo(fd, to.name, to.nameSize); errno != 0 {
		return errno
	}
	return nil
}

// connectTo can't wait: a UDP socket connects by remembering.
func connectTo(fd int, name *byte, size uint32) syscall.Errno {
	_, _, errno := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(name)), uintptr(size))
	return errno
}
