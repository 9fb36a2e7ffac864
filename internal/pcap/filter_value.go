// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// parseValue reads a value, of which the inherited keywords say what it means.
func (p *filterParser) parseValue() (condition, error) {
	q := p.inherited
	switch q.kind {
	case "port":
		return p.parsePort(q)
	case "portrange":
		return p.parsePortRange(q)
	case "proto":
		return p.parseProtocol(q)
	case "net":
		return p.parseNetwork(q)
	}
	if q.protocol == "ether" {
		return p.parseMAC(q)
	}
	return p.parseHost(q)
}

// takeNumber reads a number from 0 to limit.
func (p *filterParser) takeNumber(limit uint32) (uint32, error) {
	t := p.take()
	if t.kind != tokenNumber || t.number > limit {
		return 0, filterError(t, fmt.Sprint("a number from 0 to ", limit))
	}
	return t.number, nil
}

func (p *filterParser) parsePort(q qualifier) (condition, error) {
	t := p.take()
	if t.kind != tokenNumber || t.number > 65535 {
		return nil, filterError(t, "a port number from 0 to 65535 (names of services aren't looked up)")
	}
	return q.portCondition(uint16(t.number), uint16(t.number)), nil
}

// parsePortRange reads 8000-8999, which is one word, or a single number. As in libpcap, the greater
// end may come first.
func (p *filterParser) parsePortRange(q qualifier) (condition, error) {
	t := p.take()
	first, last, found := strings.Cut(t.text, "-")
	if !found {
		last = first
	}
	a, err := strconv.ParseUint(first, 10, 16)
	b, err2 := strconv.ParseUint(last, 10, 16)
	if err != nil || err2 != nil {
		return nil, filterError(t, "two port numbers from 0 to 65535 joined by -, without spaces")
	}
	return q.portCondition(uint16(min(a, b)), uint16(max(a, b))), nil
}

func (q qualifier) portCondition(first, last uint16) condition {
	if q.protocol != "" && q.protocol != "udp" {
		return constantCondition(false)
	}
	return portCondition{ends: q.ends, first: first, last: last}
}

// The numbers of the protocols that proto takes by name: of ethertypes after ether, else of IP.
var (
	etherTypesByName  = map[string]uint32{"ip": etherIPv4, "ip6": etherIPv6, "arp": 0x0806, "rarp": 0x8035}
	ipProtocolsByName = map[string]uint32{
		"icmp": 1, "igmp": 2, "tcp": 6, "udp": protocolUDP, "esp": 50, "ah": 51, "icmp6": 58,
		"pim": 103, "vrrp": 112, "sctp": 132,
	}
)

// parseProtocol reads a protocol's number or name. libpcap wants a backslash before the name, as
// most are keywords; nothing is lost by doing without.
func (p *filterParser) parseProtocol(q qualifier) (condition, error) {
	names, limit := ipProtocolsByName, uint32(255)
	if q.protocol == "ether" {
		names, limit = etherTypesByName, 65535
	}
	t := p.take()
	number, ok := t.number, t.kind == tokenNumber && t.number <= limit
	if t.kind == tokenWord || t.kind == tokenEscaped {
		number, ok = names[t.text]
	}
	if !ok {
		return nil, filterError(t, fmt.Sprint(`the number (0 to `, limit, `) or name (such as \udp after ip, \ip after ether) of a protocol`))
	}
	switch q.protocol {
	case "ether":
		return etherTypeCondition(number), nil
	case "ip":
		return protocolCondition{version: 4, number: uint8(number)}, nil
	case "ip6":
		return protocolCondition{version: 6, number: uint8(number)}, nil
	}
	return protocolCondition{number: uint8(number)}, nil
}

func (p *filterParser) parseMAC(q qualifier) (condition, error) {
	t := p.take()
	// pcap-filter allows leading zeros to be left out, net doesn't.
	numbers := strings.Split(t.text, ":")
	for i, number := range numbers {
		if len(number) == 1 {
			numbers[i] = "0" + number
		}
	}
	address, err := net.ParseMAC(strings.Join(numbers, ":"))
	if err != nil || len(address) != 6 {
		return nil, filterError(t, "an Ethernet address such as 02:00:00:00:00:01")
	}
	return macCondition{ends: q.ends, address: [6]byte(address)}, nil
}

func (p *filterParser) parseHost(q qualifier) (condition, error) {
	t := p.take()
	address, err := netip.ParseAddr(t.text)
	if err != nil {
		return nil, filterError(t, "an IPv4 or IPv6 address (names of hosts aren't looked up)")
	}
	if p.peek().is("/") || p.peek().is("mask") {
		return nil, filterError(p.peek(), "net before an address with a mask, such as src net 10.0.0.0/8")
	}
	return q.netCondition(t, netip.PrefixFrom(address, address.BitLen()))
}

// parseNetwork reads an address and how many of its bits count: all that were given, or those that
// "/" or "mask" say.
func (p *filterParser) parseNetwork(q qualifier) (condition, error) {
	t := p.take()
	address, length, err := networkAddress(t)
	if err != nil {
		return nil, err
	}
	switch {
	case p.takeIf("/"):
		var number uint32
		number, err = p.takeNumber(uint32(address.BitLen()))
		length = int(number)
	case p.takeIf("mask"):
		length, err = p.takeMask()
	}
	if err != nil {
		return nil, err
	}
	prefix := netip.PrefixFrom(address, length)
	if prefix.Masked().Addr() != address {
		return nil, filterError(t, fmt.Sprint("a network whose bits after the first ", length, " are 0"))
	}
	return q.netCondition(t, prefix)
}

// networkAddress reads an address, which may lack numbers at its end: 10.1 is 10.1.0.0.
func networkAddress(t token) (address netip.Addr, bits int, err error) {
	text := t.text
	bits = 128
	if t.kind == tokenNumber || t.kind == tokenDotted {
		numbers := strings.Count(text, ".") + 1
		bits = 8 * numbers
		text += strings.Repeat(".0", max(0, 4-numbers))
	}
	if address, err = netip.ParseAddr(text); err != nil {
		err = filterError(t, "an IPv4 network such as 10.0.0.0/8, 10 or 10.0.0.0 mask 255.0.0.0, or an IPv6 network such as fe80::/10")
	}
	return address, bits, err
}

// takeMask reads an IPv4 mask and returns its number of ones.
func (p *filterParser) takeMask() (int, error) {
	t := p.take()
	mask, _ := netip.ParseAddr(t.text)
	if mask.Is4() {
		b := mask.As4()
		if ones, size := net.IPMask(b[:]).Size(); size == 32 {
			return ones, nil
		}
	}
	return 0, filterError(t, "a mask of ones followed by zeros, such as 255.255.0.0")
}

func (q qualifier) netCondition(t token, prefix netip.Prefix) (condition, error) {
	is4 := prefix.Addr().Is4()
	switch {
	case q.protocol == "ip6" && is4:
		return nil, filterError(t, "an IPv6 address after ip6")
	case q.protocol != "" && q.protocol != "ip6" && !is4:
		return nil, filterError(t, "an IPv4 address after ip")
	case q.protocol == "arp" || q.protocol == "rarp":
		return constantCondition(false), nil
	}
	return netCondition{ends: q.ends, prefix: prefix}, nil
}
