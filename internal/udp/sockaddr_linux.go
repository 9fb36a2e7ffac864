// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gospead/spead"
)

// destination is an endpoint the way the kernel takes it.
type destination struct {
	endpoint netip.AddrPort
	name     *byte
	nameSize uint32
}

func newDestinations(endpoints []netip.AddrPort) ([]destination, error) {
	destinations := make([]destination, len(endpoints))
	for i, e := range endpoints {
		zone, err := ParseInterface(e.Addr().Zone())
		if err != nil {
			return nil, &spead.FieldError{Field: "Endpoints", Value: e, Allowed: "zones that are interfaces"}
		}
		d := &destinations[i]
		d.endpoint = e
		if e.Addr().Is4() {
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
