// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"encoding/binary"
	"net/netip"
)

const (
	ethernetHeaderBytes = 14
	ipv4HeaderBytes     = 20
	// madeHopLimit stands in the headers that are made for datagrams, of which only the addresses and the
	// payload are known.
	madeHopLimit = 64
)

// DatagramBytes is the most that AppendDatagram appends for a payload of that size.
func DatagramBytes(payload int) int {
	return FrameBytes(ethernetHeaderBytes + ipv6HeaderBytes + udpHeaderBytes + payload)
}

// AppendDatagram appends a datagram to a pcapng file as an Ethernet frame, with headers made from its
// addresses: what the kernel hands over of a datagram has none. Hardware addresses are 0, or those of
// multicast groups. Over IPv4 there is no UDP checksum, over IPv6 a right one. Preconditions: both
// addresses are of one IP version, whose largest packet holds the payload; the time is set.
func AppendDatagram(b []byte, inlet int, d *Datagram) []byte {
	start := len(b)
	b = beginPacket(b, inlet, d.Time.UnixNano())
	to := d.Destination.Addr()
	b = appendHardware(b, to)
	if to.Is4() {
		b = appendIPv4(b, d)
	} else {
		b = appendIPv6(b, d)
	}
	header := len(b)
	b = binary.BigEndian.AppendUint16(b, d.Source.Port())
	b = binary.BigEndian.AppendUint16(b, d.Destination.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(udpHeaderBytes+len(d.Payload)))
	b = append(b, 0, 0)
	b = append(b, d.Payload...)
	if !to.Is4() {
		putChecksum(b[header:], b[header-32:header])
	}
	return endPacket(b, start)
}

// appendHardware appends an Ethernet header.
func appendHardware(b []byte, to netip.Addr) []byte {
	const ownAddress = "\x00\x00\x00\x00\x00\x00"
	switch {
	case !to.IsMulticast():
		b = append(b, ownAddress...)
	case to.Is4(): // RFC 1112, section 6.4
		group := to.As4()
		b = append(b, 0x01, 0x00, 0x5e, group[1]&0x7f, group[2], group[3])
	default: // RFC 2464, section 7
		group := to.As16()
		b = append(b, 0x33, 0x33, group[12], group[13], group[14], group[15])
	}
	b = append(b, ownAddress...)
	if to.Is4() {
		return append(b, etherIPv4>>8, etherIPv4&0xff)
	}
	return append(b, etherIPv6>>8, etherIPv6&0xff)
}

func appendIPv4(b []byte, d *Datagram) []byte {
	from, to := d.Source.Addr().As4(), d.Destination.Addr().As4()
	start := len(b)
	b = append(b, 0x45, 0) // version 4, 5 words
	b = binary.BigEndian.AppendUint16(b, uint16(ipv4HeaderBytes+udpHeaderBytes+len(d.Payload)))
	b = append(b, 0, 0, 0x40, 0, madeHopLimit, protocolUDP, 0, 0) // not to be fragmented
	b = append(b, from[:]...)
	b = append(b, to[:]...)
	binary.NativeEndian.PutUint16(b[start+10:], ^checksumFold(checksumAdd(0, b[start:])))
	return b
}

func appendIPv6(b []byte, d *Datagram) []byte {
	from, to := d.Source.Addr().As16(), d.Destination.Addr().As16()
	b = append(b, 0x60, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(udpHeaderBytes+len(d.Payload)))
	b = append(b, protocolUDP, madeHopLimit)
	b = append(b, from[:]...)
	return append(b, to[:]...)
}

// putChecksum computes the checksum of a datagram between two IPv6 addresses. All sums are in native
// byte order (RFC 1071).
func putChecksum(datagram, addresses []byte) {
	var rest [8]byte // of the pseudo-header
	binary.BigEndian.PutUint32(rest[:], uint32(len(datagram)))
	rest[7] = protocolUDP
	sum := ^checksumFold(checksumAdd(checksumAdd(checksumAdd(0, addresses), rest[:]), datagram))
	if sum == 0 { // which would mean that there is none
		sum = 0xffff
	}
	binary.NativeEndian.PutUint16(datagram[6:], sum)
}
