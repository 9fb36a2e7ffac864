// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"encoding/binary"
	"net/netip"
)

// ends says of which of a datagram's ends something is true.
type ends struct{ source, destination bool }

// of combines what is true of a datagram's ends.
func (d direction) of(at ends) bool {
	switch d {
	case sourceEnd:
		return at.source
	case destinationEnd:
		return at.destination
	case bothEnds:
		return at.source && at.destination
	}
	return at.source || at.destination
}

// versionCondition is true of packets of that version of IP.
type versionCondition uint8

func (c versionCondition) match(f *frame) bool { return f.version == uint8(c) }

// protocolCondition is true of IP packets that contain that protocol; version 0 is either.
type protocolCondition struct{ version, number uint8 }

func (c protocolCondition) match(f *frame) bool {
	return f.version != 0 && f.protocol == c.number && (c.version == 0 || c.version == f.version)
}

// etherTypeCondition is true of frames with that ethertype, be it in front of a VLAN tag or of the
// network header.
type etherTypeCondition uint16

func (c etherTypeCondition) match(f *frame) bool {
	if f.ethertype == uint16(c) {
		return true
	}
	if f.tags == f.network {
		return false
	}
	// The first is in the link header, whose last field it is but for cooked frames of version 2.
	outer := f.tags - 2
	if f.link == linkSLL2 {
		outer = 0
	}
	if binary.BigEndian.Uint16(f.data[outer:]) == uint16(c) {
		return true
	}
	for at := f.tags; at < f.network; at += tagBytes {
		if binary.BigEndian.Uint16(f.data[at+2:]) == uint16(c) {
			return true
		}
	}
	return false
}

type netCondition struct {
	ends   direction
	prefix netip.Prefix
}

func (c netCondition) match(f *frame) bool {
	return c.ends.of(ends{c.prefix.Contains(f.source()), c.prefix.Contains(f.destination())})
}

type portCondition struct {
	ends        direction
	first, last uint16
}

func (c portCondition) match(f *frame) bool {
	if f.transport == 0 {
		return false
	}
	source, destination := f.ports()
	return c.ends.of(ends{c.first <= source && source <= c.last, c.first <= destination && destination <= c.last})
}

type macCondition struct {
	ends    direction
	address [6]byte
}

func (c macCondition) match(f *frame) bool {
	if f.link != linkEthernet || len(f.data) < 12 {
		return false
	}
	return c.ends.of(ends{[6]byte(f.data[6:]) == c.address, [6]byte(f.data) == c.address})
}

// multicastCondition is true of packets to a group of that version of IP.
type multicastCondition struct{ version uint8 }

func (c multicastCondition) match(f *frame) bool {
	return f.version == c.version && f.destination().IsMulticast()
}

// castCondition is true of frames to several hosts. Where frames have no Ethernet address it asks
// the Linux cooked header or, for want of that, IP.
type castCondition struct{ broadcastOnly bool }

func (c castCondition) match(f *frame) bool {
	switch kind, cooked := f.cookedType(); {
	case cooked:
		return kind == cookedBroadcast || kind == cookedMulticast && !c.broadcastOnly
	case f.link != linkEthernet:
		destination := f.destination()
		return destination == netip.AddrFrom4([4]byte{255, 255, 255, 255}) || destination.IsMulticast() && !c.broadcastOnly
	case len(f.data) < 6:
		return false
	case c.broadcastOnly:
		return [6]byte(f.data) == [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	}
	return f.data[0]&1 != 0
}

// The packet types of Linux cooked headers that filters ask for.
const (
	cookedBroadcast = 1
	cookedMulticast = 2
	cookedOutgoing  = 4
)

// cookedType returns the packet type in a Linux cooked header.
func (f *frame) cookedType() (kind uint16, ok bool) {
	switch {
	case f.link == linkSLL && len(f.data) >= 2:
		return binary.BigEndian.Uint16(f.data), true
	case f.link == linkSLL2 && len(f.data) >= 11:
		return uint16(f.data[10]), true
	}
	return 0, false
}

// directionCondition is true of frames that the capturing host sent, or received.
type directionCondition struct{ outbound bool }

func (c directionCondition) match(f *frame) bool {
	kind, ok := f.cookedType()
	return ok && c.outbound == (kind == cookedOutgoing)
}

// vlanCondition is true of frames with a VLAN tag, or with one that has that id.
type vlanCondition struct {
	one bool
	id  uint16
}

func (c vlanCondition) match(f *frame) bool {
	for at := f.tags; at < f.network; at += tagBytes {
		if !c.one || binary.BigEndian.Uint16(f.data[at:])&0xfff == c.id {
			return true
		}
	}
	return false
}

// lengthCondition is true of frames of that length on the wire.
type lengthCondition struct{ least, most uint32 }

func (c lengthCondition) match(f *frame) bool { return c.least <= f.length && f.length <= c.most }
