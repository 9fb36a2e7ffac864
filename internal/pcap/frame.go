// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"encoding/binary"
	"net/netip"
)

// verdict is what a frame turned out to be.
type verdict uint8

const (
	// whole: an unfragmented UDP datagram, all of it.
	whole verdict = iota
	// cut: the capture holds only the beginning of the frame, and the rest may have been UDP.
	cut
	// contradictory: UDP, but the lengths or the checksum can't be right.
	contradictory
	// The others are foreign.
	otherLink
	notIP
	otherProtocol
	fragment
	filtered
	verdictCount
)

// foreign says whether the frame is no business of a SPEAD receiver.
func (v verdict) foreign() bool { return v > contradictory }

const (
	protocolUDP    = 17
	udpHeaderBytes = 8
)

// frame is a captured frame and where its parts are. Offsets count from the start of data.
type frame struct {
	data   []byte
	length uint32
	link   uint16

	// ethertype is the network protocol's, whatever the link type; 0 if unknown.
	ethertype uint16
	// tags is where VLAN tags begin; they end at network.
	tags, network int

	// version is 4 or 6 if there is a complete IP header at network, else 0. protocol is what
	// follows the IP headers.
	version, protocol uint8
	// transport is where the UDP header begins, of which all bytes are there; 0 if they aren't.
	transport int
	payload   []byte

	// unanswerable is set by a filter that asked for what the frame doesn't have.
	unanswerable bool
}

// parse takes a record apart. It allocates nothing; f refers to the record's data.
func (f *frame) parse(r *record) verdict {
	*f = frame{data: r.data, length: r.length, link: r.link}
	v := f.parseLink()
	if v != whole {
		return v
	}
	switch f.ethertype {
	case etherIPv4:
		v = f.parseIPv4()
	case etherIPv6:
		v = f.parseIPv6()
	default:
		return notIP
	}
	if v == whole {
		// As in spead2: even if only a trailer is missing.
		v = f.short(whole)
	}
	return v
}

// short is the verdict on a frame that ends too early: that isn't its fault if the capture cut it.
func (f *frame) short(otherwise verdict) verdict {
	if uint64(f.length) > uint64(len(f.data)) {
		return cut
	}
	return otherwise
}

// parseIPv4 checks what spead2 checks: foreign frames first, as its capture filter sorts them out.
func (f *frame) parseIPv4() verdict {
	const headerBytes = 20
	packet := f.data[f.network:]
	if len(packet) < headerBytes {
		return f.short(notIP)
	}
	f.version, f.protocol = 4, packet[9]
	if f.protocol != protocolUDP {
		return otherProtocol
	}
	const moreFragmentsOrOffset = 0x3fff
	if binary.BigEndian.Uint16(packet[6:])&moreFragmentsOrOffset != 0 {
		return fragment
	}
	header := int(packet[0]&0xf) * 4
	if packet[0]>>4 != 4 || header < headerBytes {
		return contradictory
	}
	total := int(binary.BigEndian.Uint16(packet[2:]))
	return f.parseUDP(f.network+header, f.network+total)
}

// parseUDP reads the UDP header at begin, in an IP packet that ends at end.
func (f *frame) parseUDP(begin, end int) verdict {
	if end-begin < udpHeaderBytes {
		return contradictory
	}
	if len(f.data)-begin < udpHeaderBytes {
		return f.short(contradictory)
	}
	f.transport = begin
	length := int(binary.BigEndian.Uint16(f.data[begin+4:]))
	if length < udpHeaderBytes || length > end-begin {
		return contradictory
	}
	if end > len(f.data) {
		return f.short(contradictory)
	}
	f.payload = f.data[begin+udpHeaderBytes : begin+length : begin+length]
	return whole
}

// source is the sender's address; it is invalid without an IP header.
func (f *frame) source() netip.Addr { return f.address(12, 8) }

// destination is the receiver's address; it is invalid without an IP header.
func (f *frame) destination() netip.Addr { return f.address(16, 24) }

func (f *frame) address(at4, at6 int) netip.Addr {
	switch f.version {
	case 4:
		return netip.AddrFrom4([4]byte(f.data[f.network+at4:]))
	case 6:
		return netip.AddrFrom16([16]byte(f.data[f.network+at6:]))
	}
	return netip.Addr{}
}

// ports returns the UDP ports, 0 without a UDP header.
func (f *frame) ports() (source, destination uint16) {
	if f.transport == 0 {
		return 0, 0
	}
	udp := f.data[f.transport:]
	return binary.BigEndian.Uint16(udp), binary.BigEndian.Uint16(udp[2:])
}
