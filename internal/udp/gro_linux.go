// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"encoding/binary"
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// groBufferSize holds the longest message that the kernel can put together, an IP packet's payload.
const groBufferSize = 64 << 10

// ancillary is room for the control messages that come with a received message, aligned for their
// headers: the segment size, the drop counter and the fragments' size, all 32-bit numbers.
type ancillary [9]uint64

// bytes gives the first n bytes of it. Preconditions: n is not above its size.
func (a *ancillary) bytes(n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(a)), unsafe.Sizeof(*a))[:n]
}

// enableGRO asks for received datagrams to be put together, and says whether they will be (since
// Linux 5.0).
func enableGRO(conn *net.UDPConn) bool {
	return control(conn, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_GRO, 1)
	}) == nil
}

// remarks is what control messages say about a received message.
type remarks struct {
	segment  int    // the size of all its datagrams but the last, or 0 if it is one datagram
	drops    uint32 // the socket's drop counter
	hasDrops bool
	// fragmented says that the message came in fragments.
	fragmented bool
}

// parseRemarks reads control messages; it ignores those it doesn't know, and what follows one that is
// malformed. Preconditions: b is aligned for unix.Cmsghdr.
func parseRemarks(b []byte) (r remarks) {
	for len(b) >= unix.SizeofCmsghdr {
		header, data, rest, err := unix.ParseOneSocketControlMessage(b)
		if err != nil {
			return r
		}
		b = rest
		if len(data) < 4 {
			continue
		}
		value := binary.NativeEndian.Uint32(data)
		switch {
		case header.Level == unix.IPPROTO_UDP && header.Type == unix.UDP_GRO:
			r.segment = int(min(value, groBufferSize))
		case header.Level == unix.SOL_SOCKET && header.Type == unix.SO_RXQ_OVFL:
			r.drops, r.hasDrops = value, true
		case header.Level == unix.IPPROTO_IP && header.Type == unix.IP_RECVFRAGSIZE,
			header.Level == unix.IPPROTO_IPV6 && header.Type == unix.IPV6_RECVFRAGSIZE:
			r.fragmented = value > 0
		}
	}
	return r
}

// appendDatagrams takes a message apart, and appends its datagrams to dst but for those that are
// refused and counted.
func (r *batchReceiver) appendDatagrams(dst [][]byte, message []byte, segment int) [][]byte {
	if segment > 0 {
		for len(message) > segment {
			dst = r.counters.accept(dst, message[:segment], r.packetMax)
			message = message[segment:]
		}
	}
	return r.counters.accept(dst, message, r.packetMax)
}
