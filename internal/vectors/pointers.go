// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// heapPointers knows what a capture says of addressed items.
type heapPointers struct {
	// read: the capture's packets are known.
	read  bool
	heaps map[uint64]*sentHeap
}

// sentHeap is what all the packets of one heap cnt say.
type sentHeap struct {
	// plain: the packets make exactly one heap, each of them is needed for it, and none contradicts
	// another, so that the heap has exactly these pointers in this order.
	plain    bool
	flavour  byte
	length   uint64
	packets  []sentPacket
	pointers []pointer
}

type sentPacket struct{ offset, size uint64 }

// pointer is an item pointer.
type pointer struct {
	immediate bool
	id, low   uint64
}

func (v *Vector) readPointers() (heapPointers, error) {
	datagrams, ok, err := readDatagrams(v.Capture)
	if err != nil || !ok || v.Options.Filter != "" {
		return heapPointers{}, err
	}
	heaps := map[uint64]*sentHeap{}
	for _, d := range datagrams {
		addPacket(heaps, d)
	}
	delivered := map[uint64]int{}
	for _, h := range v.heaps {
		delivered[h.Cnt]++
	}
	for cnt, h := range heaps {
		h.plain = h.plain && delivered[cnt] == 1 && h.tiled()
		// Stable: among equal addresses, the order of arrival decides who gets the bytes.
		slices.SortStableFunc(h.pointers, func(a, b pointer) int {
			if a.immediate != b.immediate {
				return cmp.Compare(rank(a), rank(b))
			}
			return cmp.Compare(a.low, b.low)
		})
	}
	return heapPointers{true, heaps}, nil
}

func rank(p pointer) int {
	if p.immediate {
		return 1
	}
	return 0
}

// addPacket adds a datagram to its heap. One that isn't a packet at all counts for no heap.
func addPacket(heaps map[uint64]*sentHeap, d []byte) {
	if len(d) < 8 || d[0] != 0x53 || d[1] != 4 || d[2] == 0 || d[3] == 0 || d[2]+d[3] != 8 {
		return
	}
	end := 8 + 8*int(binary.BigEndian.Uint16(d[6:]))
	if end > len(d) {
		return
	}
	bits := 8 * uint(d[3])
	special := map[uint64]uint64{}
	var pointers []pointer
	for at := 8; at < end; at += 8 {
		word := binary.BigEndian.Uint64(d[at:])
		p := pointer{word>>63 == 1, word << 1 >> 1 >> bits, word & (1<<bits - 1)}
		switch {
		case p.id < 1 || p.id > 4:
			pointers = append(pointers, p)
		case p.immediate:
			special[p.id] = p.low
		}
	}
	cnt, hasCnt := special[1]
	if !hasCnt {
		return
	}
	h := heaps[cnt]
	length, sized := special[2]
	if h == nil {
		h = &sentHeap{plain: true, flavour: d[3], length: length}
		heaps[cnt] = h
	}
	h.plain = h.plain && sized && length == h.length && h.flavour == d[3] &&
		uint64(len(d)-end) == special[4] && special[4] > 0
	h.packets = append(h.packets, sentPacket{special[3], special[4]})
	for _, p := range pointers {
		if !slices.Contains(h.pointers, p) {
			h.pointers = append(h.pointers, p)
		}
	}
}

// tiled says whether the packets cover the heap without hole or overlap.
func (h *sentHeap) tiled() bool {
	slices.SortFunc(h.packets, func(a, b sentPacket) int { return cmp.Compare(a.offset, b.offset) })
	var end uint64
	for _, p := range h.packets {
		if p.offset != end {
			return false
		}
		end += p.size
	}
	return end == h.length
}

// empties tells which items of a delivered heap end up with an addressed item of no bytes, as the
// last item in the heap with its id.
func (p heapPointers) empties(cnt uint64) func(id uint64) verdict {
	if !p.read {
		return func(uint64) verdict { return maybe }
	}
	h := p.heaps[cnt]
	if h == nil {
		return func(uint64) verdict { return no }
	}
	return func(id uint64) verdict {
		if h.plain {
			return h.lastIsEmpty(id)
		}
		if slices.ContainsFunc(h.pointers, func(p pointer) bool { return !p.immediate && p.id == id }) {
			return maybe
		}
		return no
	}
}

// lastIsEmpty says whether the last item with an id, which is the one that counts, is addressed and
// has no bytes.
func (h *sentHeap) lastIsEmpty(id uint64) verdict {
	result := no
	for i, p := range h.pointers {
		if p.id != id {
			continue
		}
		end := h.length
		if i+1 < len(h.pointers) && !h.pointers[i+1].immediate {
			end = h.pointers[i+1].low
		}
		result = no
		if !p.immediate && p.low >= end {
			result = yes
		}
	}
	return result
}
