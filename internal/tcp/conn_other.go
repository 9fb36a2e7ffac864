// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package tcp

import (
	"errors"
	"net"
)

// Pollable says whether connections can be read without waiting: here, they are read by goroutines
// of their own.
const Pollable = false

// Conn isn't used.
type Conn struct{}

// NewConn isn't used.
func NewConn(*net.TCPConn) (*Conn, error) { return nil, errors.ErrUnsupported }

// TryRead isn't used.
func (*Conn) TryRead([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Wait isn't used.
func (*Conn) Wait() error { return errors.ErrUnsupported }
