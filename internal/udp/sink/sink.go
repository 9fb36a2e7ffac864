// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"errors"
	"net"
	"net/netip"
)

// Sink is a socket that takes nothing. On systems other than Linux its buffer fills, and the rest is
// dropped.
type Sink struct {
	conn *net.UDPConn
}

// New opens a sink at an IPv4 loopback port that the system chooses.
func New() (*Sink, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	if err := dropAll(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return &Sink{conn}, nil
}

// Addr is where to send to.
func (s *Sink) Addr() netip.AddrPort { return s.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Close closes the socket. It may be called more than once.
func (s *Sink) Close() error {
	if err := s.conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
