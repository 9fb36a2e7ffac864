// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"encoding/binary"
	"math/bits"
)

// The link types (tcpdump.org/linktypes.html) that IP packets are found in. Raw IP has three: the
// official one, and two that operating systems wrote by mistake.
const (
	linkNull       = 0
	linkEthernet   = 1
	linkRawBSD     = 12
	linkRawOpenBSD = 14
	linkRaw        = 101
	linkLoop       = 108
	linkSLL        = 113
	linkIPv4       = 228
	linkIPv6       = 229
	linkSLL2       = 276
)

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	// tagBytes is the size of a VLAN tag as it stands between the headers: id and ethertype.
	tagBytes = 4
)

func supportedLink(link uint16) bool {
	switch link {
	case linkNull, linkEthernet, linkRawBSD, linkRawOpenBSD, linkRaw, linkLoop, linkSLL, linkIPv4,
		linkIPv6, linkSLL2:
		return true
	}
	return false
}

// isVLAN says whether an ethertype announces a VLAN tag: 802.1Q, 802.1ad, and what was used for
// outer tags before that.
func isVLAN(ethertype uint16) bool {
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100 || ethertype == 0x9200
}

// parseLink finds the network header and which protocol it is of.
func (f *frame) parseLink() verdict {
	switch f.link {
	case linkEthernet:
		return f.parseEthertypes(12, 14)
	case linkSLL:
		return f.parseEthertypes(14, 16)
	case linkSLL2:
		return f.parseEthertypes(0, 20)
	case linkNull, linkLoop:
		return f.parseFamily()
	case linkRaw, linkRawBSD, linkRawOpenBSD:
		return f.parseVersion()
	case linkIPv4:
		f.ethertype = etherIPv4
		return whole
	case linkIPv6:
		f.ethertype = etherIPv6
		return whole
	}
	return otherLink
}

// parseEthertypes reads a link header of headerBytes with an ethertype in it, and the VLAN tags
// behind it: any number of them.
func (f *frame) parseEthertypes(at, headerBytes int) verdict {
	if len(f.data) < headerBytes {
		return f.short(notIP)
	}
	f.ethertype = binary.BigEndian.Uint16(f.data[at:])
	f.tags = headerBytes
	f.network = headerBytes
	for isVLAN(f.ethertype) {
		if len(f.data)-f.network < tagBytes {
			return f.short(notIP)
		}
		f.ethertype = binary.BigEndian.Uint16(f.data[f.network+2:])
		f.network += tagBytes
	}
	return whole
}

// parseFamily reads the address family in front of packets from a loopback interface. It is in the
// byte order of the host that captured, or in network order (LOOP).
func (f *frame) parseFamily() verdict {
	if len(f.data) < 4 {
		return f.short(notIP)
	}
	family := binary.BigEndian.Uint32(f.data)
	if family > 0xffff {
		family = bits.ReverseBytes32(family)
	}
	f.tags, f.network = 4, 4
	switch family {
	case 2:
		f.ethertype = etherIPv4
		return whole
	case 10, 23, 24, 28, 30: // Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin.
		f.ethertype = etherIPv6
		return whole
	}
	return notIP
}

// parseVersion tells IPv4 from IPv6 by the packet itself.
func (f *frame) parseVersion() verdict {
	if len(f.data) == 0 {
		return f.short(notIP)
	}
	switch f.data[0] >> 4 {
	case 4:
		f.ethertype = etherIPv4
		return whole
	case 6:
		f.ethertype = etherIPv6
		return whole
	}
	return notIP
}
