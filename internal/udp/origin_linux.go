// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// sockaddr is room for an IPv4 or IPv6 address as the kernel writes it: a family, a port, and from
// there on what differs.
type sockaddr [unix.SizeofSockaddrInet6]byte

// addrPort gives the address, without the zone of an IPv6 one; the zero AddrPort if it is none.
func (s *sockaddr) addrPort() netip.AddrPort {
	port := binary.BigEndian.Uint16(s[2:])
	switch binary.NativeEndian.Uint16(s[:]) {
	case unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(s[4:8])), port)
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(s[8:24])).Unmap(), port)
	}
	return netip.AddrPort{}
}

// key is the part of the address that tells senders apart: the kernel leaves the rest of an IPv4
// address as it was.
func (s *sockaddr) key() []byte {
	if binary.NativeEndian.Uint16(s[:]) == unix.AF_INET {
		return s[:8]
	}
	return s[:24]
}

// addRaw is add with the address as the kernel wrote it.
func (o *originList) addRaw(name *sockaddr, datagrams int, bytes int64) {
	if n := len(o.list); n > 0 && string(o.last.key()) == string(name.key()) {
		o.list[n-1].Datagrams += datagrams
		o.list[n-1].Bytes += bytes
		return
	}
	o.last = *name
	o.list = append(o.list, Origin{name.addrPort(), datagrams, bytes})
}
