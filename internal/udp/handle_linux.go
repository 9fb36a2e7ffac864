// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// handle is a socket that the runtime's network poller knows nothing of. The poller would be woken by
// each datagram, whether anybody waits for it or not, as it watches all sockets of package net all the
// time; at some ten thousand datagrams a second that costs as much as reading them.
type handle struct {
	socket int
	// bell is an event descriptor that wakes wait.
	bell    int
	closing atomic.Bool
	// use is held by who uses the descriptors, and by close, exclusively.
	use sync.RWMutex
}

// newHandle gives a handle on conn's socket, which remains when conn is closed.
func newHandle(conn *net.UDPConn) (*handle, error) {
	h := &handle{}
	var err error
	if h.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, os.NewSyscallError("eventfd", err)
	}
	err = control(conn, func(fd int) error {
		h.socket, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		return os.NewSyscallError("fcntl", err)
	})
	if err != nil {
		unix.Close(h.bell)
		return nil, err
	}
	return h, nil
}

// do calls f with the socket's descriptor, unless the handle is closed.
func (h *handle) do(f func(fd uintptr)) error {
	h.use.RLock()
	defer h.use.RUnlock()
	if h.closing.Load() {
		return net.ErrClosed
	}
	f(uintptr(h.socket))
	return nil
}

// wait waits until there is something to read, or an error to be told.
func (h *handle) wait() error { return h.waitFor(-1) }

// waitFor is wait for at most so many milliseconds; -1: without end.
func (h *handle) waitFor(milliseconds int) error {
	h.use.RLock()
	defer h.use.RUnlock()
	p := [2]unix.PollFd{
		{Fd: int32(h.socket), Events: unix.POLLIN},
		{Fd: int32(h.bell), Events: unix.POLLIN},
	}
	for !h.closing.Load() {
		if _, err := unix.Poll(p[:], milliseconds); err != unix.EINTR {
			break
		}
	}
	if h.closing.Load() {
		return net.ErrClosed
	}
	return nil
}

// close closes the socket, once, when nobody uses it any more.
func (h *handle) close() error {
	if h.closing.Swap(true) {
		return nil
	}
	_, err := unix.Write(h.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	h.use.Lock()
	defer h.use.Unlock()
	unix.Close(h.bell)
	if closeErr := unix.Close(h.socket); err == nil {
		err = closeErr
	}
	return os.NewSyscallError("close", err)
}
