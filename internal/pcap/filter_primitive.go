// SPDX-License-Identifier: Apache-2.0

package pcap

// direction says which of a datagram's two ends has to match.
type direction uint8

const (
	eitherEnd direction = iota
	sourceEnd
	destinationEnd
	bothEnds
)

// qualifier is the keywords that say what a value means.
type qualifier struct {
	// protocol is the protocol's keyword, "" if there was none.
	protocol string
	ends     direction
	// kind is "host", "net", "port", "portrange" or "proto". It is "address" for src and dst alone.
	kind string
}

// layer is where a protocol stands.
type layer uint8

const (
	layerOther layer = iota
	layerLink
	layerNetwork
	layerTransport
)

// filterProtocols are the keywords of protocols. No datagram has those of layerOther.
var filterProtocols = map[string]layer{
	"ether": layerLink, "link": layerLink,
	"ip": layerNetwork, "ip6": layerNetwork, "arp": layerNetwork, "rarp": layerNetwork,
	"udp": layerTransport, "tcp": layerTransport, "sctp": layerTransport,
	"icmp": layerOther, "icmp6": layerOther, "igmp": layerOther, "igrp": layerOther,
	"pim": layerOther, "vrrp": layerOther, "carp": layerOther, "ah": layerOther, "esp": layerOther,
	"atalk": layerOther, "aarp": layerOther, "decnet": layerOther, "lat": layerOther,
	"sca": layerOther, "moprc": layerOther, "mopdl": layerOther, "iso": layerOther,
	"stp": layerOther, "ipx": layerOther, "netbeui": layerOther,
}

// beginsPrimitive says whether the token is a keyword that a primitive may begin with.
func beginsPrimitive(t token) bool {
	if t.kind != tokenWord {
		return false
	}
	switch t.text {
	case "src", "dst", "host", "net", "port", "portrange", "proto", "less", "greater", "broadcast",
		"multicast", "inbound", "outbound", "vlan":
		return true
	}
	_, ok := filterProtocols[t.text]
	return ok
}

// parsePrimitive reads keywords and the values that belong to them.
func (p *filterParser) parsePrimitive() (condition, error) {
	p.inherited = qualifier{}
	var q qualifier
	first := p.peek()
	if _, ok := filterProtocols[first.text]; ok {
		q.protocol = p.take().text
		if q.protocol == "link" {
			q.protocol = "ether"
		}
	}
	switch next := p.peek(); {
	case next.is("multicast") || next.is("broadcast"):
		return p.parseCast(q.protocol)
	case q.protocol == "" && p.beginsPlain():
		return p.parsePlain()
	}
	p.parseEnds(&q)
	switch next := p.peek(); {
	case next.is("host"), next.is("net"), next.is("port"), next.is("portrange"),
		next.is("proto") && q.kind == "":
		q.kind = p.take().text
	}
	if q.kind == "" {
		return abbreviation(first, q.protocol)
	}
	if err := q.check(first); err != nil {
		return nil, err
	}
	p.inherited = q
	return p.parseValues()
}

// parseEnds reads src, dst, or both joined, and sets the kind that they have alone.
func (p *filterParser) parseEnds(q *qualifier) {
	other := "dst"
	switch {
	case p.takeIf("src"):
		q.ends = sourceEnd
	case p.takeIf("dst"):
		q.ends, other = destinationEnd, "src"
	default:
		return
	}
	q.kind = "address"
	joint := p.peek()
	if joint.kind == tokenEnd || !p.tokens[p.at+1].is(other) {
		return
	}
	switch {
	case joint.is("or"), joint.is("||"):
		q.ends = eitherEnd
	case joint.is("and"), joint.is("&&"):
		q.ends = bothEnds
	default:
		return
	}
	p.at += 2
}

// abbreviation is a protocol's name alone.
func abbreviation(t token, protocol string) (condition, error) {
	switch protocol {
	case "ether":
		return nil, filterError(t, "host, proto, multicast, broadcast or [ after ether")
	case "udp":
		return protocolCondition{number: protocolUDP}, nil
	case "ip":
		return versionCondition(4), nil
	case "ip6":
		return versionCondition(6), nil
	}
	return constantCondition(false), nil
}

// check refuses keywords that don't belong together, as libpcap does.
func (q qualifier) check(t token) error {
	if q.protocol == "" {
		return nil
	}
	at := filterProtocols[q.protocol]
	var ok bool
	switch q.kind {
	case "port", "portrange":
		ok = at == layerTransport
	case "net":
		ok = at == layerNetwork
	case "proto":
		ok = q.protocol == "ether" || q.protocol == "ip" || q.protocol == "ip6"
	default:
		ok = at == layerNetwork || at == layerLink
	}
	if !ok {
		return filterError(t, "before port and portrange: udp, tcp, sctp or nothing; before host, net and proto: ip, ip6 or nothing; before host and proto: also ether")
	}
	return nil
}

// beginsPlain says whether a keyword follows that isn't about addresses or ports.
func (p *filterParser) beginsPlain() bool {
	switch p.peek().text {
	case "less", "greater", "inbound", "outbound", "vlan":
		return true
	}
	return false
}

func (p *filterParser) parsePlain() (condition, error) {
	switch keyword := p.take(); keyword.text {
	case "inbound":
		return directionCondition{outbound: false}, nil
	case "outbound":
		return directionCondition{outbound: true}, nil
	case "vlan":
		return p.parseVLAN()
	case "less":
		limit, err := p.takeNumber(1<<32 - 1)
		return lengthCondition{most: limit}, err
	default:
		limit, err := p.takeNumber(1<<32 - 1)
		return lengthCondition{least: limit, most: 1<<32 - 1}, err
	}
}

func (p *filterParser) parseVLAN() (condition, error) {
	if p.peek().kind != tokenNumber {
		return vlanCondition{}, nil
	}
	id, err := p.takeNumber(4095)
	return vlanCondition{one: true, id: uint16(id)}, err
}

// parseCast reads multicast and broadcast.
func (p *filterParser) parseCast(protocol string) (condition, error) {
	keyword := p.take()
	switch {
	case protocol == "ip" && keyword.text == "multicast":
		return multicastCondition{version: 4}, nil
	case protocol == "ip6" && keyword.text == "multicast":
		return multicastCondition{version: 6}, nil
	case protocol == "" || protocol == "ether":
		return castCondition{broadcastOnly: keyword.text == "broadcast"}, nil
	}
	return nil, filterError(keyword, "multicast after ether, ip, ip6 or nothing, or broadcast after ether or nothing")
}
