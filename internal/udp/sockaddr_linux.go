// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp/route"
)

// destination is an endpoint the way the kernel takes it, and how segmentation offload fares on the
// way there: that is a matter of its route and device, and none of the other destinations'.
type destination struct {
	endpoint   netip.AddrPort
	name       *byte
	nameSize   uint32
	messageMax int // bytes
	gso        gsoMachine
}

// newDestinations makes destinations for a socket. An IPv6 socket that the user brings may send to
// IPv4 addresses as well, written as IPv6.
func newDestinations(conn *net.UDPConn, endpoints []netip.AddrPort) ([]destination, error) {
	family := 0
	if err := control(conn, func(fd int) (err error) {
		family, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
		return os.NewSyscallError("getsockopt SO_DOMAIN", err)
	}); err != nil {
		return nil, err
	}
	destinations := make([]destination, len(endpoints))
	for i, e := range endpoints {
		zone, err := ParseInterface(e.Addr().Zone())
		if err != nil {
			return nil, &spead.FieldError{Field: "Endpoints", Value: e, Allowed: "zones that are interfaces"}
		}
		d := &destinations[i]
		d.endpoint, d.messageMax = e, route.DatagramMax6
		if e.Addr().Is4() {
			d.messageMax = route.DatagramMax4
		}
		if family == unix.AF_INET {
			if !e.Addr().Is4() {
				return nil, &spead.FieldError{Field: "Endpoints", Value: e, Allowed: "IPv4 addresses, as the socket is an IPv4 one"}
			}
			address := &unix.RawSockaddrInet4{Family: unix.AF_INET, Port: networkOrder(e.Port()), Addr: e.Addr().As4()}
			d.name, d.nameSize = (*byte)(unsafe.Pointer(address)), unix.SizeofSockaddrInet4
			continue
		}
		address := &unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: networkOrder(e.Port()), Addr: e.Addr().As16()}
		if zone != nil {
			address.Scope_id = uint32(zone.Index)
		}
		d.name, d.nameSize = (*byte)(unsafe.Pointer(address)), unix.SizeofSockaddrInet6
	}
	return destinations, nil
}

// networkOrder gives the number whose bytes in memory are v, big-endian.
func networkOrder(v uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], v)
	return binary.NativeEndian.Uint16(b[:])
}
