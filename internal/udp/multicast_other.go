// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package udp

import (
	"net"
	"net/netip"
)

// listenGroup returns a socket bound to a group's port, which other sockets may share: package net
// sees to that for groups, and binds to the unspecified address. Datagrams for other addresses of
// the same port are received too.
func listenGroup(group netip.AddrPort, _ *net.Interface) (*net.UDPConn, error) {
	return listen(netip.AddrPortFrom(group.Addr().WithZone(""), group.Port()))
}
