// SPDX-License-Identifier: Apache-2.0

//go:build unix

package tcp

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// Pollable says whether connections can be read without waiting.
const Pollable = true

// Conn reads a connection. Close it through the connection that it was made of.
type Conn struct {
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

// NewConn returns a reader of a connection. Errors: the connection is closed.
func NewConn(conn *net.TCPConn) (*Conn, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	c := &Conn{raw: raw}
	c.once, c.ready = c.read, c.readable
	return c, nil
}

// TryRead reads what there is: nothing, without an error, if there is nothing yet. One goroutine at a
// time may call it.
func (c *Conn) TryRead(room []byte) (n int, err error) {
	c.room = room
	// Unlike Read, Control doesn't exclude Wait, which another goroutine may be in.
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

func (c *Conn) read(fd uintptr) {
	for {
		if c.n, c.errno = syscall.Read(int(fd), c.room); c.errno != syscall.EINTR {
			return
		}
	}
}

// wait waits until there is something to read, be it an end or an error.
func (c *Conn) Wait() error { return c.raw.Read(c.ready) }

func (c *Conn) readable(fd uintptr) bool {
	_, _, err := syscall.Recvfrom(int(fd), c.peek[:], syscall.MSG_PEEK)
	return err != syscall.EAGAIN && err != syscall.EINTR
}
