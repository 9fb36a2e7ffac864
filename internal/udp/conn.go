// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/gospead/spead"
)

// Offload says whether the kernel may join datagrams into larger messages, or split such messages.
type Offload uint8

// The values of Offload.
const (
	// OffloadAuto uses offload where the kernel has it, and stops where it fails.
	OffloadAuto Offload = iota
	// OffloadOff never uses it.
	OffloadOff
)

// bufferSizeMax keeps socket buffer sizes, which Linux doubles, within a 32-bit int.
const bufferSizeMax = 1<<30 - 1

// checkShared checks what both configurations have.
func checkShared(bufferSize int, offloadField string, offload Offload) error {
	if bufferSize > bufferSizeMax {
		return &spead.FieldError{Field: "BufferSize", Value: bufferSize, Allowed: fmt.Sprintf("at most %d", bufferSizeMax)}
	}
	if offload > OffloadOff {
		return &spead.FieldError{Field: offloadField, Value: uint8(offload), Allowed: "OffloadAuto or OffloadOff"}
	}
	return nil
}

// listen returns a socket bound to a local address of its IP version only.
func listen(local netip.AddrPort) (*net.UDPConn, error) {
	return net.ListenUDP(network(local.Addr()), net.UDPAddrFromAddrPort(local))
}

func network(a netip.Addr) string {
	if a.Is4() {
		return "udp4"
	}
	return "udp6"
}

// unmapped turns an IPv4 address written as IPv6 into IPv4.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

func localAddr(conn *net.UDPConn) netip.AddrPort {
	return unmapped(conn.LocalAddr().(*net.UDPAddr).AddrPort())
}

// closeConn closes a socket; closing it again is no error.
func closeConn(conn *net.UDPConn) error {
	if err := conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// plainError strips what package net wraps around a socket's errors: callers know which socket it
// is, and wait for net.ErrClosed itself.
func plainError(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return net.ErrClosed
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// sendError says where a datagram didn't go.
func sendError(endpoint netip.AddrPort, err error) error {
	if err == net.ErrClosed {
		return err
	}
	return fmt.Errorf("send to %v: %w", endpoint, err)
}
