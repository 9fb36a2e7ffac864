// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"encoding/binary"
	"math/bits"
)

const ipv6HeaderBytes = 40

// parseIPv6 looks through extension headers for UDP. Jumbograms (RFC 2675) are not understood.
func (f *frame) parseIPv6() verdict {
	packet := f.data[f.network:]
	if len(packet) < ipv6HeaderBytes {
		return f.short(notIP)
	}
	if packet[0]>>4 != 6 {
		return notIP
	}
	f.version = 6
	end := f.network + ipv6HeaderBytes + int(binary.BigEndian.Uint16(packet[4:]))
	begin, v := f.skipExtensions(packet[6], end)
	if v != whole {
		return v
	}
	if v = f.parseUDP(begin, end); v == whole && !f.checksumPlausible() {
		return contradictory
	}
	return v
}

// skipExtensions finds where the UDP header begins. A fragment header that says the packet is not
// fragmented is an extension like others (RFC 6946).
func (f *frame) skipExtensions(header byte, end int) (begin int, v verdict) {
	begin = f.network + ipv6HeaderBytes
	for header != protocolUDP {
		f.protocol = header
		if !isExtension(header) {
			return 0, otherProtocol
		}
		if end-begin < 8 {
			return 0, otherProtocol
		}
		if len(f.data)-begin < 8 {
			return 0, f.short(otherProtocol)
		}
		extension := f.data[begin:]
		size := (int(extension[1]) + 1) * 8
		switch header {
		case extensionFragment:
			const moreFragmentsOrOffset = 0xfff9
			if binary.BigEndian.Uint16(extension[2:])&moreFragmentsOrOffset != 0 {
				return 0, fragment
			}
			size = 8
		case extensionAuthentication:
			size = (int(extension[1]) + 2) * 4
		}
		header = extension[0]
		begin += size
	}
	f.protocol = protocolUDP
	return begin, whole
}

const (
	extensionFragment       = 44
	extensionAuthentication = 51
)

// isExtension says whether another header follows the one of this type: hop by hop options,
// routing, fragment, authentication, destination options, mobility, host identity, shim6.
func isExtension(header byte) bool {
	switch header {
	case 0, 43, extensionFragment, extensionAuthentication, 60, 135, 139, 140:
		return true
	}
	return false
}

// checksumPlausible says whether the UDP checksum is right, or absent, or still to be computed:
// where a network card does that, Linux leaves the sum of the pseudo-header (CHECKSUM_PARTIAL in
// include/linux/skbuff.h), and that is what a capture on the sending host shows. All sums are in
// native byte order, which doesn't matter to them (RFC 1071).
func (f *frame) checksumPlausible() bool {
	datagram := f.data[f.transport : f.transport+udpHeaderBytes+len(f.payload)]
	checksum := binary.NativeEndian.Uint16(datagram[6:])
	if checksum == 0 {
		return true
	}
	var pseudoHeader [40]byte
	copy(pseudoHeader[:32], f.data[f.network+8:])
	binary.BigEndian.PutUint32(pseudoHeader[32:], uint32(len(datagram)))
	pseudoHeader[39] = protocolUDP
	pseudo := checksumAdd(0, pseudoHeader[:])
	return checksum == checksumFold(pseudo) || checksumFold(checksumAdd(pseudo, datagram)) == 0xffff
}

// checksumAdd adds b to the ones' complement sum.
func checksumAdd(sum uint64, b []byte) uint64 {
	var carry uint64
	for len(b) >= 32 {
		sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b), carry)
		sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b[8:]), carry)
		sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b[16:]), carry)
		sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(b[24:]), carry)
		b = b[32:]
	}
	for len(b) > 0 {
		var word [8]byte
		b = b[copy(word[:], b):]
		sum, carry = bits.Add64(sum, binary.NativeEndian.Uint64(word[:]), carry)
	}
	sum, carry = bits.Add64(sum, 0, carry)
	return sum + carry
}

// checksumFold makes 16 bits of a sum.
func checksumFold(sum uint64) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
