// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package recv

import (
	"errors"
	"net"
)

// tcpPollable says whether connections can be read without waiting: here, they are read by goroutines
// of their own.
const tcpPollable = false

// tryConn isn't used.
type tryConn struct{}

func newTryConn(*net.TCPConn) (*tryConn, error) { return nil, errors.ErrUnsupported }

func (*tryConn) tryRead([]byte) (int, error) { return 0, errors.ErrUnsupported }

func (*tryConn) wait() error { return errors.ErrUnsupported }
