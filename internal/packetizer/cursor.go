// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"slices"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// zeros is what padding consists of; all heaps share it. Nobody writes to it.
var zeros = [minShare]byte{}

// Cursor walks over the packets of a heap. The zero Cursor is at the end of a heap; Start puts it
// at the beginning of one, any number of times. It is not safe for concurrent use, but any number of
// cursors may walk over one heap.
type Cursor struct {
	layout
	items   []Item
	cnt     spead.HeapCnt
	flavour spead.Flavour
	repeat  bool

	// offset is where the next packet's payload begins in the heap's.
	offset int64
	// pointer is the index of the item whose pointer comes next; len(items) is the NULL before padding.
	// address is what it points to, should it be addressed.
	pointer int
	address int64
	// item is the index of the item whose bytes come next, and within where they begin in its value.
	item, within int
}

// Start puts the cursor before the first packet of h. It fails as h.Check does; the cursor is then
// at its end.
//
// From Start until the last packet was made, the items of h and the lengths of their values must
// not change. Their numbers and bytes may: they are read when their packet is made, with repeated
// pointers for each packet.
func (c *Cursor) Start(h *Heap, cnt spead.HeapCnt, maxPacketSize int) error {
	l, err := h.layout(cnt, maxPacketSize)
	if err != nil {
		*c = Cursor{}
		return err
	}
	*c = Cursor{layout: l, items: h.Items, cnt: cnt, flavour: h.Flavour, repeat: h.RepeatPointers}
	return nil
}

// PayloadLength is the length of the heap's payload in bytes, padding included: HEAP_LENGTH.
func (c *Cursor) PayloadLength() int64 { return c.length }

// More says whether the heap has a packet left.
func (c *Cursor) More() bool { return c.offset < c.length }

// Next makes d the next packet, or empty if the heap has none left, which it returns as false.
//
// The header is written to the memory of d.Header, and the list of pieces to that of d.Payload, both
// grown as needed. The pieces are parts of the items' values, none of them empty, which must not
// change until the packet has left; padding comes after them. d.Substream is left alone.
func (c *Cursor) Next(d *wire.Datagram) bool {
	d.Header, d.Payload, d.Size = d.Header[:0], d.Payload[:0], 0
	if !c.More() {
		return false
	}
	if c.repeat {
		c.pointer, c.address = 0, 0
	}
	pointers := min(c.pointersMax, c.pointers-c.pointer)
	length := int(min(c.length-c.offset, c.room(pointers)))

	header := slices.Grow(d.Header, wire.PrefixSize+pointers*wire.PointerSize)
	header = wire.AppendHeader(header, c.flavour, wire.SpecialCount+pointers)
	header = wire.AppendSpecials(header, c.flavour, wire.Specials{
		Cnt: c.cnt, HeapLength: c.length, PayloadOffset: c.offset, PayloadLength: int64(length),
	})
	d.Header = c.appendPointers(header, pointers)
	d.Payload = c.appendPayload(d.Payload, length)
	d.Size = len(d.Header) + length
	c.offset += int64(length)
	return true
}

// appendPointers appends the next n pointers that aren't special.
func (c *Cursor) appendPointers(dst []byte, n int) []byte {
	bits, addressBytes := c.flavour.HeapAddressBits(), c.flavour.HeapAddressBytes()
	end := min(c.pointer+n, len(c.items))
	for i := range c.items[c.pointer:end] {
		it := &c.items[c.pointer+i]
		var p wire.Pointer
		switch {
		case it.Kind == Inline:
			p = wire.ImmediatePointer(bits, it.ID, it.Number)
		case it.inPayload(addressBytes):
			p = wire.AddressPointer(bits, it.ID, uint64(c.address))
			c.address += int64(len(it.Value))
		default:
			p = wire.ImmediatePointer(bits, it.ID, number(it.Value))
		}
		dst = wire.AppendPointer(dst, p)
	}
	if c.pointer+n > end {
		dst = wire.AppendPointer(dst, wire.AddressPointer(bits, spead.NullID, uint64(c.address)))
	}
	c.pointer += n
	return dst
}

// number reads a value of at most 8 bytes the way in which it goes into an item pointer.
func number(value []byte) uint64 {
	var v uint64
	for _, b := range value {
		v = v<<8 | uint64(b)
	}
	return v
}

// appendPayload appends the next length bytes of the heap's payload, as pieces of the items' values.
func (c *Cursor) appendPayload(dst [][]byte, length int) [][]byte {
	addressBytes := c.flavour.HeapAddressBytes()
	for length > 0 && c.item < len(c.items) {
		it := &c.items[c.item]
		if it.inPayload(addressBytes) && c.within < len(it.Value) {
			n := min(length, len(it.Value)-c.within)
			dst = append(dst, it.Value[c.within:c.within+n:c.within+n])
			c.within += n
			length -= n
			if c.within < len(it.Value) {
				break
			}
		}
		c.item, c.within = c.item+1, 0
	}
	// More than one round is needed only if a value was shortened meanwhile: the packet is well formed
	// even then.
	for length > 0 {
		n := min(length, len(zeros))
		dst = append(dst, zeros[:n:n])
		length -= n
	}
	return dst
}

// PacketCount is the number of packets of the heap, those made already included. It follows the
// arithmetic of Next without making them.
func (c *Cursor) PacketCount() int {
	if c.length == 0 {
		return 0
	}
	if c.repeat {
		return packetsFor(c.length, c.room(c.pointers))
	}
	// As long as pointers fill the packets, there is no room for more than the least payload.
	count := c.pointers / c.pointersMax
	rest := c.length - int64(count)*minShare
	if left := c.pointers % c.pointersMax; left > 0 && rest > 0 {
		count++
		rest -= c.room(left)
	}
	return count + packetsFor(rest, c.room(0))
}

// packetsFor is how many packets with room for so many bytes it takes to carry length bytes.
func packetsFor(length, room int64) int {
	return int((max(length, 0) + room - 1) / room)
}

// room is the payload in bytes that a packet with n pointers besides the special ones has room for.
func (l *layout) room(n int) int64 {
	return int64(l.packetSize - wire.PrefixSize - n*wire.PointerSize)
}
