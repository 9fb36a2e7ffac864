// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/binary"

	"github.com/gospead/spead"
)

// Tolerances is a set of deviations from the specification.
type Tolerances uint8

// The deviations that concern single packets.
const (
	// ImpliedOffset: without PAYLOAD_OFFSET a packet begins at 0; without HEAP_LENGTH as well, it is the
	// whole heap.
	ImpliedOffset Tolerances = 1 << iota
	// ImpliedLength: PAYLOAD_LENGTH 0 with something behind the pointers means all of that.
	ImpliedLength
	// ShortHeapLength: a payload may reach beyond HEAP_LENGTH. A packet at offset 0 is then the whole
	// heap, another one has no HEAP_LENGTH.
	ShortHeapLength
)

// DecodeTolerant makes p a view of the packet that a datagram is. What of allowed it had to make use of
// is returned in used; without allowed, it is Decode for packets that have to fill a datagram.
func (p *Packet) DecodeTolerant(datagram []byte, allowed Tolerances) (used Tolerances, refusal spead.Refusal) {
	size, refusal := p.Decode(datagram)
	switch {
	case refusal == spead.Accepted && size == len(datagram):
		return 0, spead.Accepted
	case refusal == spead.Accepted:
		refusal = spead.RefusedTrailingBytes
	case refusal != spead.RefusedMissingItem && refusal != spead.RefusedPastHeap:
		return 0, refusal
	}
	if allowed&(ImpliedOffset|ImpliedLength|ShortHeapLength) == 0 {
		return 0, refusal
	}
	payloadStart := HeaderSize + int(binary.BigEndian.Uint16(datagram[6:]))*PointerSize
	s := findSpecials(datagram[HeaderSize:payloadStart], p.AddressBits)
	return p.decodeRest(s, datagram, payloadStart, allowed)
}

// decodeRest decodes a packet of which the header and the number of pointers are good.
func (p *Packet) decodeRest(s specials, datagram []byte, payloadStart int, allowed Tolerances) (used Tolerances, refusal spead.Refusal) {
	if !s.has(spead.HeapCntID) || !s.has(spead.PayloadLengthID) || !s.has(spead.PayloadOffsetID) && allowed&ImpliedOffset == 0 {
		return 0, spead.RefusedMissingItem
	}
	length, rest := s.values[spead.PayloadLengthID], uint64(len(datagram)-payloadStart)
	if length == 0 && rest > 0 && allowed&ImpliedLength != 0 {
		length = rest
		used |= ImpliedLength
	}
	switch {
	case length > rest:
		return 0, spead.RefusedShortPayload
	case length < rest:
		return 0, spead.RefusedTrailingBytes
	}
	p.use(s)
	p.pointers = datagram[HeaderSize+s.first : payloadStart]
	p.Payload = datagram[payloadStart:len(datagram):len(datagram)]
	if !s.has(spead.PayloadOffsetID) {
		used |= ImpliedOffset
		if p.HeapLength == Unsized {
			p.HeapLength = int64(length)
		}
	}
	if p.HeapLength == Unsized || p.PayloadOffset+int64(length) <= p.HeapLength {
		return used, spead.Accepted
	}
	if allowed&ShortHeapLength == 0 {
		return 0, spead.RefusedPastHeap
	}
	p.HeapLength = Unsized
	if p.PayloadOffset == 0 {
		p.HeapLength = int64(length)
	}
	return used | ShortHeapLength, spead.Accepted
}
