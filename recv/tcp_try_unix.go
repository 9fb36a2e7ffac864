// SPDX-License-Identifier: Apache-2.0

//go:build unix

package recv

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// tcpPollable says whether connections can be read without waiting.
const tcpPollable = true

// tryConn reads a connection without waiting.
type tryConn struct {
	raw syscall.RawConn
	// What is called with the descriptor, bound once, as binding it each time would allocate.
	once  func(fd uintptr)
	ready func(fd uintptr) (done bool)
	room  []byte
	peek  [1]byte

	// What the last system call returned.
	n     int
	errno error
}

func newTryConn(conn *net.TCPConn) (*tryConn, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	c := &tryConn{raw: raw}
	c.once, c.ready = c.read, c.readable
	return c, nil
}

// tryRead reads what there is: nothing, without an error, if there is nothing yet.
func (c *tryConn) tryRead(room []byte) (n int, err error) {
	c.room = room
	// Unlike Read, Control doesn't exclude wait, which another goroutine may be in.
	if err := c.raw.Control(c.once); err != nil {
		return 0, err
	}
	switch {
	case errors.Is(c.errno, syscall.EAGAIN):
		return 0, nil
	case c.errno != nil:
		return 0, os.NewSyscallError("read", c.errno)
	case c.n == 0:
		return 0, io.EOF
	}
	return c.n, nil
}

func (c *tryConn) read(fd uintptr) {
	for {
		if c.n, c.errno = syscall.Read(int(fd), c.room); c.errno != syscall.EINTR {
			return
		}
	}
}

// wait waits until there is something to read, be it an end or an error.
func (c *tryConn) wait() error { return c.raw.Read(c.ready) }

func (c *tryConn) readable(fd uintptr) bool {
	_, _, err := syscall.Recvfrom(int(fd), c.peek[:], syscall.MSG_PEEK)
	return err != syscall.EAGAIN && err != syscall.EINTR
}
