// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/binary"

	"github.com/gospead/spead"
)

const (
	// HeaderSize is the size of a packet's header in bytes.
	HeaderSize = 8
	// magicVersion is the first two bytes of every packet: magic 0x53, version 4.
	magicVersion = 0x5304
	// Unsized is the HeapLength of a packet without HEAP_LENGTH.
	Unsized = -1
)

// Packet is a view of a decoded packet. It aliases the bytes that it was decoded from and is valid
// as long as they are.
type Packet struct {
	// AddressBits is the flavour's heap address bits, 8 to 56.
	AddressBits int
	// Cnt is the heap that the packet belongs to.
	Cnt spead.HeapCnt
	// HeapLength is the heap's payload in bytes, or Unsized.
	HeapLength int64
	// PayloadOffset is where Payload belongs in the heap's payload, in bytes.
	PayloadOffset int64
	// Payload is the packet's part of the heap's payload; it may be empty.
	Payload []byte
	// pointers holds the item pointers from the first that isn't special (ids 1 to 4, immediate).
	pointers []byte
}

// Decode makes p a view of the packet that b starts with, and returns its size in bytes. What
// follows the packet is the caller's business. If b doesn't start with a good packet, the reason is
// returned, the size is 0, and p is not to be used.
//
// As in spead2: specials may come in any order and between other pointers, repeated specials count
// with their last value, and addressed pointers with ids 1 to 4 aren't special. The reserved bits of
// the header are ignored.
func (p *Packet) Decode(b []byte) (size int, refusal spead.Refusal) {
	if len(b) < HeaderSize {
		return 0, spead.RefusedShortHeader
	}
	header := binary.BigEndian.Uint64(b)
	if header>>48 != magicVersion {
		return 0, spead.RefusedBadMagic
	}
	idBytes, addressBytes := int(header>>40&0xff), int(header>>32&0xff)
	if idBytes == 0 || addressBytes == 0 || idBytes+addressBytes != PointerSize {
		return 0, spead.RefusedBadFlavour
	}
	payloadStart := HeaderSize + int(header&0xffff)*PointerSize
	if payloadStart > len(b) {
		return 0, spead.RefusedShortPointers
	}
	p.AddressBits = addressBytes * 8
	pointers := b[HeaderSize:payloadStart]
	payloadLength, ok := p.decodeOrdered(pointers)
	if !ok {
		if payloadLength, ok = p.decodePointers(pointers); !ok {
			return 0, spead.RefusedMissingItem
		}
	}
	if payloadLength > uint64(len(b)-payloadStart) {
		return 0, spead.RefusedShortPayload
	}
	size = payloadStart + int(payloadLength)
	p.Payload = b[payloadStart:size:size]
	// Every value has at most 56 bits, so that the sum can't overflow.
	if p.HeapLength != Unsized && p.PayloadOffset+int64(payloadLength) > p.HeapLength {
		return 0, spead.RefusedPastHeap
	}
	return size, spead.Accepted
}

// decodeOrdered does what decodePointers does, faster, if the pointers are as senders commonly
// arrange them: the four specials in the order of their ids, then none any more.
func (p *Packet) decodeOrdered(b []byte) (payloadLength uint64, ok bool) {
	if len(b) < SpecialCount*PointerSize {
		return 0, false
	}
	shift := uint(p.AddressBits) & 63
	mode := uint64(1) << (63 - shift)
	cnt := binary.BigEndian.Uint64(b)
	heapLength := binary.BigEndian.Uint64(b[PointerSize:])
	offset := binary.BigEndian.Uint64(b[2*PointerSize:])
	payloadLength = binary.BigEndian.Uint64(b[3*PointerSize:])
	if cnt>>shift^mode != uint64(spead.HeapCntID) || heapLength>>shift^mode != uint64(spead.HeapLengthID) ||
		offset>>shift^mode != uint64(spead.PayloadOffsetID) || payloadLength>>shift^mode != uint64(spead.PayloadLengthID) {
		return 0, false
	}
	b = b[SpecialCount*PointerSize:]
	p.pointers = b
	for len(b) >= PointerSize {
		if binary.BigEndian.Uint64(b)>>shift^mode-1 < uint64(spead.PayloadLengthID) {
			return 0, false
		}
		b = b[PointerSize:]
	}
	value := uint64(1)<<shift - 1
	p.Cnt = spead.HeapCnt(cnt & value)
	p.HeapLength = int64(heapLength & value)
	p.PayloadOffset = int64(offset & value)
	return payloadLength & value, true
}

// decodePointers finds the special items, and where the others begin.
func (p *Packet) decodePointers(b []byte) (payloadLength uint64, ok bool) {
	s := findSpecials(b, p.AddressBits)
	const mandatory = 1<<spead.HeapCntID | 1<<spead.PayloadOffsetID | 1<<spead.PayloadLengthID
	if s.seen&mandatory != mandatory {
		return 0, false
	}
	p.use(s)
	p.pointers = b[s.first:]
	return s.values[spead.PayloadLengthID], true
}

// specials is what the special items among pointers say.
type specials struct {
	values [spead.PayloadLengthID + 1]uint64 // by id
	seen   uint                              // a bit for each id
	first  int                               // where the pointers begin from the first that isn't special
}

func (s *specials) has(id spead.ItemID) bool { return s.seen&(1<<id) != 0 }

// findSpecials looks through all pointers. Of several with an id the last one counts.
func findSpecials(b []byte, addressBits int) (s specials) {
	s.first = len(b)
	shift := uint(addressBits) & 63
	for i := 0; i+PointerSize <= len(b); i += PointerSize {
		pointer := binary.BigEndian.Uint64(b[i:])
		// The mode bit is part of this on purpose: only immediates can be special.
		id := pointer>>shift ^ 1<<(63-shift)
		if id-1 < uint64(spead.PayloadLengthID) {
			s.values[id] = pointer & (1<<shift - 1)
			s.seen |= 1 << id
		} else if s.first == len(b) {
			s.first = i
		}
	}
	return s
}

// use takes over what special items say of the heap.
func (p *Packet) use(s specials) {
	p.Cnt = spead.HeapCnt(s.values[spead.HeapCntID])
	p.HeapLength = Unsized
	if s.has(spead.HeapLengthID) {
		p.HeapLength = int64(s.values[spead.HeapLengthID])
	}
	p.PayloadOffset = int64(s.values[spead.PayloadOffsetID])
}

// PointerCount is the number of pointers that Pointer gives. Special ones may be among them, if
// they came after an ordinary one.
func (p *Packet) PointerCount() int { return len(p.pointers) / PointerSize }

// Pointer gives the ith pointer, counted from the first that isn't special. Preconditions: i is
// below PointerCount.
func (p *Packet) Pointer(i int) Pointer {
	return Pointer(binary.BigEndian.Uint64(p.pointers[i*PointerSize:]))
}
