// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package tcp

import (
	"io"
	"net"
	"sync/atomic"
	"syscall"
)

// Gatherer writes to one connection. One goroutine at a time may use it, but for Calls and Waits.
type Gatherer struct {
	conn   io.Writer
	copied [][]byte // as net.Buffers consumes what it is given
	pieces net.Buffers
	calls  atomic.Int64
}

// New returns a gatherer for a connection of package net.
func New(conn syscall.Conn) (*Gatherer, error) { return &Gatherer{conn: conn.(io.Writer)}, nil }

// Write writes all pieces, unless there is an error, and gives the bytes that left.
// os.ErrDeadlineExceeded is among the errors. The pieces aren't kept.
func (g *Gatherer) Write(pieces [][]byte) (bytes int, err error) {
	g.copied = append(g.copied[:0], pieces...)
	g.pieces = g.copied
	n, err := g.pieces.WriteTo(g.conn)
	g.pieces = nil
	clear(g.copied)
	g.calls.Add(1)
	return int(n), err
}

// Calls counts writes, each of which may take several system calls.
func (g *Gatherer) Calls() int64 { return g.calls.Load() }

// Waits is 0: nobody counts.
func (g *Gatherer) Waits() int64 { return 0 }
