// SPDX-License-Identifier: Apache-2.0

package tap

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sender is the last sender's address, as the kernel wrote it and as we do.
type sender struct {
	raw  name
	addr netip.AddrPort
}

// addrPort reads an address, without the zone of an IPv6 one.
func (s *sender) addrPort(n *name) netip.AddrPort {
	used := 24
	if binary.NativeEndian.Uint16(n[:]) == unix.AF_INET {
		used = 8
	}
	if s.addr.IsValid() && string(s.raw[:used]) == string(n[:used]) {
		return s.addr
	}
	s.raw = *n
	port := binary.BigEndian.Uint16(n[2:])
	if used == 8 {
		s.addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte(n[4:8])), port)
	} else {
		s.addr = netip.AddrPortFrom(netip.AddrFrom16([16]byte(n[8:24])).Unmap(), port)
	}
	return s.addr
}

// read takes what control messages say about a message, and gives the size of the datagrams that it
// was joined of, but for the last; 0 if it is one. What is malformed ends it.
func (s *socket) read(d *Datagram, control []byte) (segment int) {
	for len(control) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		control = rest
		switch {
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS:
			d.Nanos = nanos(data)
		case h.Level == unix.IPPROTO_UDP && h.Type == unix.UDP_GRO && len(data) >= 4:
			segment = int(min(binary.NativeEndian.Uint32(data), messageBytes))
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_RXQ_OVFL && len(data) >= 4:
			s.advance(binary.NativeEndian.Uint32(data))
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) >= 12:
			d.To = netip.AddrPortFrom(netip.AddrFrom4([4]byte(data[8:12])), d.To.Port())
		case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= 16:
			d.To = netip.AddrPortFrom(netip.AddrFrom16([16]byte(data[:16])), d.To.Port())
		}
	}
	if d.Nanos == 0 { // the first messages may have come before the kernel was asked for times
		d.Nanos = time.Now().UnixNano()
	}
	return segment
}

// nanos reads a struct timespec, whose fields are as wide as the machine's words.
func nanos(b []byte) int64 {
	switch len(b) {
	case 16:
		return int64(binary.NativeEndian.Uint64(b))*1e9 + int64(binary.NativeEndian.Uint64(b[8:]))
	case 8:
		return int64(int32(binary.NativeEndian.Uint32(b)))*1e9 + int64(int32(binary.NativeEndian.Uint32(b[4:])))
	}
	return 0
}

// advance takes the kernel's drop counter, which wraps at 32 bits and may be older than the last.
func (s *socket) advance(counter uint32) {
	if dropped := int32(counter - s.drops); dropped > 0 {
		s.drops = counter
		s.total += int64(dropped)
	}
}

// The kernel's enum of SO_MEMINFO (include/uapi/linux/sock_diag.h).
const (
	memInfoCount = 9
	memInfoDrops = 8
)

// askDrops asks for the drop counter (since Linux 4.12), for drops that no message has reported.
func (s *socket) askDrops() {
	var info [memInfoCount]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := syscall.Syscall6(unix.SYS_GETSOCKOPT, uintptr(s.fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno == 0 && size == uint32(unsafe.Sizeof(info)) {
		s.advance(info[memInfoDrops])
	}
}
