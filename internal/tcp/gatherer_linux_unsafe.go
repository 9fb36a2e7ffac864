// SPDX-License-Identifier: Apache-2.0

//go:build linux

package tcp

import (
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const (
	// piecesMax bounds the pieces of one call; the kernel's own limit is 1024.
	piecesMax = 256
	// bytesMax is about what ends a call: raw calls must not be long, as they delay the garbage
	// collector's stops.
	bytesMax = 256 << 10
	// patience is how long a full socket is waited for in the kernel.
	patienceNanos = 1_000_000
	pollOut       = 4 // POLLOUT
)

// Gatherer writes to one connection. One goroutine at a time may use it, but for Calls and Waits.
type Gatherer struct {
	raw  syscall.RawConn
	call func(fd uintptr) (done bool) // writeAll, bound once: to bind it each time would allocate

	// pieces and first say what is left to write: all pieces, without the first bytes of the first one.
	pieces [][]byte
	first  int
	vector [piecesMax]syscall.Iovec
	errno  syscall.Errno

	calls, waits atomic.Int64
}

// New returns a gatherer for a connection of package net.
func New(conn syscall.Conn) (*Gatherer, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	g := &Gatherer{raw: raw}
	g.call = g.writeAll
	return g, nil
}

// Write writes all pieces, unless there is an error, and gives the bytes that left.
// os.ErrDeadlineExceeded is among the errors. The pieces aren't kept.
func (g *Gatherer) Write(pieces [][]byte) (bytes int, err error) {
	total := 0
	for _, piece := range pieces {
		total += len(piece)
	}
	g.pieces, g.first, g.errno = pieces, 0, 0
	err = g.raw.Write(g.call)
	if err == nil && g.errno != 0 {
		err = os.NewSyscallError("writev", g.errno)
	}
	left := -g.first
	for _, piece := range g.pieces {
		left += len(piece)
	}
	g.pieces = nil
	clear(g.vector[:])
	if err == nil && left > 0 {
		err = io.ErrShortWrite
	}
	return total - left, err
}

// Calls counts system calls that wrote, or could have.
func (g *Gatherer) Calls() int64 { return g.calls.Load() }

// Waits counts how often the socket's buffer was full.
func (g *Gatherer) Waits() int64 { return g.waits.Load() }

// writeAll writes until all is written or there is an error; false tells the poller to wait until the
// socket is writable.
func (g *Gatherer) writeAll(fd uintptr) (done bool) {
	for {
		n := g.lay()
		if n == 0 {
			return true
		}
		written, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&g.vector)), uintptr(n))
		g.calls.Add(1)
		switch {
		case errno == 0:
			g.advance(int(written))
		case errno == syscall.EINTR:
		case errno != syscall.EAGAIN:
			g.errno = errno
			return true
		default:
			g.waits.Add(1)
			if !isWritable(fd) {
				return false
			}
		}
	}
}

// lay lists what comes next, and says in how many pieces.
func (g *Gatherer) lay() int {
	n, bytes, skip := 0, 0, g.first
	for _, piece := range g.pieces {
		if n == len(g.vector) || bytes >= bytesMax {
			break
		}
		piece = piece[skip:]
		skip = 0
		if len(piece) > 0 {
			g.vector[n].Base = unsafe.SliceData(piece)
			g.vector[n].SetLen(len(piece))
			bytes += len(piece)
			n++
		}
	}
	return n
}

// advance takes note of bytes that were written.
func (g *Gatherer) advance(bytes int) {
	g.first += bytes
	for len(g.pieces) > 0 && g.first >= len(g.pieces[0]) {
		g.first -= len(g.pieces[0])
		g.pieces = g.pieces[1:]
	}
}

// isWritable waits a little for a socket to be writable, or broken, and says whether it is.
func isWritable(fd uintptr) bool {
	poll := struct {
		fd              int32
		events, revents int16
	}{fd: int32(fd), events: pollOut}
	timeout := syscall.Timespec{Nsec: patienceNanos}
	n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1,
		uintptr(unsafe.Pointer(&timeout)), 0, 0, 0)
	return errno == 0 && n > 0
}
