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
	heap *Heap
	plan *Plan
	cnt  spead.HeapCnt

	// offset is where the next packet's payload begins in the heap's.
	offset int64
	// pointer is the index of the item whose pointer comes next; from len(items) on they are NULL.
	// address is what it points to, should it be addressed.
	pointer int
	address int64
	// item is the index of the item whose bytes come next, and within where they begin in its value.
	item, within int
}

// Start puts the cursor before the first packet of h, which is cut by a plan of its own. The heap cnt
// has to be one that CheckCnt takes.
//
// From Start until the last packet was made, the items of h and the lengths of their values must be
// those that the plan was made for. Their numbers and bytes may change: they are read when their
// packet is made, with repeated pointers for each packet. If the items did change, packets are still
// well formed.
func (c *Cursor) Start(h *Heap, cnt spead.HeapCnt, p *Plan) {
	*c = Cursor{heap: h, plan: p, cnt: cnt}
}

// More says whether the heap has a packet left.
func (c *Cursor) More() bool { return c.plan != nil && c.offset < c.plan.length }

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
	h, p := c.heap, c.plan
	if h.RepeatPointers {
		c.pointer, c.address = 0, 0
	}
	pointers := min(p.pointersMax, p.pointers-c.pointer)
	length := int(min(p.length-c.offset, p.room(pointers)))

	header := slices.Grow(d.Header, wire.PrefixSize+pointers*wire.PointerSize)
	header = wire.AppendHeader(header, h.Flavour, wire.SpecialCount+pointers)
	header = wire.AppendSpecials(header, h.Flavour, wire.Specials{
		Cnt: c.cnt, HeapLength: p.length, PayloadOffset: c.offset, PayloadLength: int64(length),
	})
	if pointers > 0 {
		header = c.appendPointers(header, pointers)
	}
	d.Header = header
	d.Payload = c.appendPayload(d.Payload, length)
	d.Size = len(d.Header) + length
	c.offset += int64(length)
	return true
}

// appendPointers appends the next n pointers that aren't special.
func (c *Cursor) appendPointers(dst []byte, n int) []byte {
	items := c.heap.Items
	bits, addressBytes := c.heap.Flavour.HeapAddressBits(), c.heap.Flavour.HeapAddressBytes()
	first, end := min(c.pointer, len(items)), min(c.pointer+n, len(items))
	for i := range items[first:end] {
		it := &items[first+i]
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
	for range n - (end - first) {
		p := wire.AddressPointer(bits, spead.NullID, uint64(c.address))
		if c.plan.nulls > 0 {
			p = wire.ImmediatePointer(bits, spead.NullID, 0)
		}
		dst = wire.AppendPointer(dst, p)
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
	items, addressBytes := c.heap.Items, c.heap.Flavour.HeapAddressBytes()
	for length > 0 && c.item < len(items) {
		it := &items[c.item]
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
