// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"
)

// packet is a UDP datagram to be put into a frame.
type packet struct {
	source, destination netip.AddrPort
	payload             []byte
}

var (
	packet4 = packet{
		source:      netip.MustParseAddrPort("10.1.2.3:4000"),
		destination: netip.MustParseAddrPort("239.4.5.6:8888"),
		payload:     []byte("S\x04 a datagram over IPv4"),
	}
	packet6 = packet{
		source:      netip.MustParseAddrPort("[fe80::1]:4000"),
		destination: netip.MustParseAddrPort("[ff02::5]:8888"),
		payload:     []byte("S\x04 a datagram over IPv6"),
	}
)

// udp is the UDP datagram, with a right checksum over IPv6 and none over IPv4.
func (p packet) udp() []byte {
	b := binary.BigEndian.AppendUint16(nil, p.source.Port())
	b = binary.BigEndian.AppendUint16(b, p.destination.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(p.payload)))
	b = append(b, 0, 0)
	b = append(b, p.payload...)
	if p.source.Addr().Is6() {
		binary.BigEndian.PutUint16(b[6:], slowChecksum(p, b))
	}
	return b
}

// slowChecksum is the checksum by the book (RFC 768, RFC 8200).
func slowChecksum(p packet, datagram []byte) uint16 {
	b := append(p.source.Addr().AsSlice(), p.destination.Addr().AsSlice()...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(datagram)))
	b = append(b, 0, 0, 0, 17)
	b = append(b, datagram...)
	if len(b)%2 != 0 {
		b = append(b, 0)
	}
	sum := 0
	for i := 0; i < len(b); i += 2 {
		sum += int(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// ip is the IP packet.
func (p packet) ip() []byte {
	if p.source.Addr().Is4() {
		return p.ip4(nil)
	}
	return p.ip6(17, nil)
}

// ip4 is an IPv4 packet with options, a multiple of 4 bytes.
func (p packet) ip4(options []byte) []byte {
	udp := p.udp()
	b := []byte{0x45 + byte(len(options)/4), 0}
	b = binary.BigEndian.AppendUint16(b, uint16(20+len(options)+len(udp)))
	b = append(b, 0, 1, 0x40, 0, 64, 17, 0, 0)
	b = append(b, p.source.Addr().AsSlice()...)
	b = append(b, p.destination.Addr().AsSlice()...)
	return append(append(b, options...), udp...)
}

// ip6 is an IPv6 packet with extension headers, the first of which is of the type next.
func (p packet) ip6(next byte, extensions []byte) []byte {
	udp := p.udp()
	b := []byte{0x60, 0, 0, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(len(extensions)+len(udp)))
	b = append(b, next, 64)
	b = append(b, p.source.Addr().AsSlice()...)
	b = append(b, p.destination.Addr().AsSlice()...)
	return append(append(b, extensions...), udp...)
}

func (p packet) ethertype() []byte {
	if p.source.Addr().Is4() {
		return []byte{0x08, 0x00}
	}
	return []byte{0x86, 0xdd}
}

// tagged is what follows in the frame from the ethertype on, with VLAN tags of those ids. Between
// ethertype and its continuation is what some link types have there.
func (p packet) tagged(between []byte, ids []uint16) []byte {
	var b []byte
	ethertypes := [][]byte{{0x88, 0xa8}, {0x81, 0x00}}[max(0, 2-len(ids)):]
	for i, id := range append(ids, 0) {
		if i < len(ids) {
			b = append(b, ethertypes[i]...)
		} else {
			b = append(b, p.ethertype()...)
		}
		if i == 0 {
			b = append(b, between...)
		}
		if i < len(ids) {
			b = binary.BigEndian.AppendUint16(b, 0x6000|id)
		}
	}
	return append(b, p.ip()...)
}

var testMACs = []byte{1, 0, 0x5e, 4, 5, 6, 2, 0, 0, 0, 0, 1}

// frame is the packet in a frame of that link type. Loopback and raw frames have no VLAN tags.
func (p packet) frame(t testing.TB, link uint16, ids ...uint16) []byte {
	switch link {
	case linkEthernet:
		return append(bytes.Clone(testMACs), p.tagged(nil, ids)...)
	case linkSLL:
		return append([]byte{0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0}, p.tagged(nil, ids)...)
	case linkSLL2:
		return p.tagged([]byte{0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0}, ids)
	case linkNull:
		family := uint32(2)
		if p.source.Addr().Is6() {
			family = 30
		}
		return append(binary.LittleEndian.AppendUint32(nil, family), p.ip()...)
	case linkLoop:
		family := byte(2)
		if p.source.Addr().Is6() {
			family = 24
		}
		return append([]byte{0, 0, 0, family}, p.ip()...)
	case linkRaw, linkRawBSD, linkRawOpenBSD, linkIPv4, linkIPv6:
		return p.ip()
	}
	t.Fatalf("no frames of link type %d", link)
	return nil
}

var testTime = time.Date(2024, 2, 29, 12, 34, 56, 123456789, time.UTC)

// classicFile makes pcap files.
type classicFile struct {
	order       binary.AppendByteOrder
	nanoseconds bool
	link        uint16
	bytes       []byte
}

func (c *classicFile) start() {
	magic := uint32(0xa1b2c3d4)
	if c.nanoseconds {
		magic = 0xa1b23c4d
	}
	c.bytes = c.order.AppendUint32(nil, magic)
	c.bytes = c.order.AppendUint16(c.bytes, 2)
	c.bytes = c.order.AppendUint16(c.bytes, 4)
	for _, v := range []uint32{0, 0, 65535, uint32(c.link)} {
		c.bytes = c.order.AppendUint32(c.bytes, v)
	}
}

func (c *classicFile) add(frame []byte, length int) {
	fraction := testTime.Nanosecond()
	if !c.nanoseconds {
		fraction /= 1000
	}
	for _, v := range []int{int(testTime.Unix()), fraction, len(frame), length} {
		c.bytes = c.order.AppendUint32(c.bytes, uint32(v))
	}
	c.bytes = append(c.bytes, frame...)
}

// ngFile makes pcapng files.
type ngFile struct {
	order binary.AppendByteOrder
	bytes []byte
}

func (n *ngFile) block(kind uint32, parts ...[]byte) {
	body := bytes.Join(parts, nil)
	body = append(body, make([]byte, -len(body)&3)...)
	n.bytes = n.order.AppendUint32(n.bytes, kind)
	n.bytes = n.order.AppendUint32(n.bytes, uint32(12+len(body)))
	n.bytes = append(n.bytes, body...)
	n.bytes = n.order.AppendUint32(n.bytes, uint32(12+len(body)))
}

func (n *ngFile) u32(values ...uint32) (b []byte) {
	for _, v := range values {
		b = n.order.AppendUint32(b, v)
	}
	return b
}

func (n *ngFile) option(code uint16, value ...byte) []byte {
	b := n.order.AppendUint16(nil, code)
	b = append(n.order.AppendUint16(b, uint16(len(value))), value...)
	return append(b, make([]byte, -len(value)&3)...)
}

func (n *ngFile) section() {
	version := n.order.AppendUint16(n.order.AppendUint16(nil, 1), 0)
	n.block(ngSection, n.u32(ngByteOrderMagic), version, n.u32(0xffffffff, 0xffffffff), n.option(4, []byte("tests")...), n.option(0))
}

func (n *ngFile) iface(link uint16, options ...[]byte) {
	n.block(ngInterface, n.order.AppendUint16(nil, link), []byte{0, 0}, n.u32(0), bytes.Join(options, nil))
}

func (n *ngFile) enhanced(iface uint32, ticks uint64, frame []byte, length int) {
	n.block(ngEnhancedPacket, n.u32(iface, uint32(ticks>>32), uint32(ticks), uint32(len(frame)), uint32(length)),
		frame, make([]byte, -len(frame)&3), n.option(2, 1, 0, 0, 0), n.option(0))
}

// readAll reads a capture to its end or an error. Payloads are copied.
func readAll(capture []byte, opts Options) ([]Datagram, Foreign, error) {
	r, err := NewReader(bytes.NewReader(capture), opts)
	if err != nil {
		return nil, Foreign{}, err
	}
	var all []Datagram
	for {
		d, err := r.Next()
		if errors.Is(err, io.EOF) && err == io.EOF {
			return all, r.Foreign(), nil
		}
		if err != nil {
			return all, r.Foreign(), err
		}
		d.Payload = bytes.Clone(d.Payload)
		all = append(all, d)
	}
}
