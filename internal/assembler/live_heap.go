// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// knowledge is what a heap's packets say of it.
type knowledge struct {
	// length is HEAP_LENGTH, or wire.Unsized.
	length int64
	// minLength is how long the heap is at least: the largest of length, the ends of payloads that came
	// without it, and the addresses of items.
	minLength int64
	// stop says that there is an immediate stop item.
	stop bool
}

// whole says whether no packet is missing, and none can come that changes that.
func (h *Heap) whole() bool { return h.received == h.length && h.Complete() }

// follows says whether a packet is what most are: the next part of its heap, in order, with nothing to
// learn from it, and room for it. Such a packet needs no further question.
func (h *Heap) follows(p *wire.Packet) bool {
	return p.PayloadOffset == h.received && len(h.ranges) == 0 && p.HeapLength == h.length &&
		h.length == h.minLength && p.AddressBits == h.addressBits && p.PointerCount() == 0 &&
		len(p.Payload) > 0 && h.received+int64(len(p.Payload)) <= int64(len(h.payload))
}

// take accepts a packet into a heap of its cnt, or refuses it and leaves the heap as it is. A heap
// without packets refuses none but for limits.
func (a *Assembler) take(h *Heap, p *wire.Packet) spead.Refusal {
	if h.follows(p) {
		a.store(h, p, interval{h.received, h.received + int64(len(p.Payload))})
		return spead.Accepted
	}
	part := interval{p.PayloadOffset, p.PayloadOffset + int64(len(p.Payload))}
	if refusal := a.check(h, p, part.end); refusal != spead.Accepted {
		return refusal
	}
	at, refusal := a.locate(h, part)
	if refusal != spead.Accepted {
		return refusal
	}
	before, pointers := h.knowledge, len(h.pointers.list)
	if refusal = a.learn(h, p, part.end); refusal != spead.Accepted {
		h.knowledge = before
		h.pointers.truncate(pointers)
		return refusal
	}
	a.accept(h, p, part, at)
	return spead.Accepted
}

// accept puts payload in its place and notes what was received. Preconditions: locate accepted part
// and gave at.
func (a *Assembler) accept(h *Heap, p *wire.Packet, part interval, at int) {
	switch {
	case !a.cfg.AllowOutOfOrder || h.appends(part):
	case a.cfg.MergeOverlaps:
		a.merge(h, p, part)
		return
	default:
		a.noteOrder(h, part)
		h.ranges.insert(at, part)
	}
	if part.start < part.end {
		a.store(h, p, part)
	}
	h.collapse()
}

// merge takes of a part what wasn't received yet.
func (a *Assembler) merge(h *Heap, p *wire.Packet, part interval) {
	a.noteOrder(h, part)
	i, j := h.ranges.span(part)
	at, before := part.start, h.received
	for _, known := range h.ranges[i:j] {
		if at < known.start {
			a.store(h, p, interval{at, known.start})
		}
		at = max(at, known.end)
	}
	if at < part.end {
		a.store(h, p, interval{at, part.end})
	}
	a.counters.BytesRepeated += part.end - part.start - (h.received - before)
	h.ranges.cover(i, j, part)
	h.collapse()
}

// noteOrder counts a packet that comes behind one which it should have come before.
func (a *Assembler) noteOrder(h *Heap, part interval) {
	if n := len(h.ranges); n > 0 && part.start < h.ranges[n-1].end {
		a.counters.PacketsOutOfOrder++
	}
}

// store copies a part of a packet's payload to its place, and counts it. Preconditions: the part is
// new, lies within the packet's payload and within the heap's memory, and isn't empty.
func (a *Assembler) store(h *Heap, p *wire.Packet, part interval) {
	n := part.end - part.start
	from := p.Payload[part.start-p.PayloadOffset:][:n]
	switch {
	case h.unkept:
	case a.copier != nil:
		a.copier.Copy(h, p, part.start, from)
	default:
		copy(h.payload[part.start:part.end], from)
	}
	h.received += n
	a.counters.PayloadBytes += n
	a.counters.LiveBytes += n
}

// check compares what a packet says of its heap with what is known and allowed.
func (a *Assembler) check(h *Heap, p *wire.Packet, end int64) spead.Refusal {
	if limit := a.cfg.MaxHeapLength; limit > 0 && max(p.HeapLength, end) > limit {
		return spead.RefusedHeapLimit
	}
	if p.HeapLength != wire.Unsized {
		if h.length != wire.Unsized && p.HeapLength != h.length {
			return spead.RefusedLengthMismatch
		}
		if p.HeapLength < h.minLength {
			return spead.RefusedLengthTooSmall
		}
	}
	if p.AddressBits != h.addressBits {
		return spead.RefusedFlavourMismatch
	}
	return spead.Accepted
}

// locate decides whether a part of the payload is new and may come now; at is where it belongs in
// the heap's ranges.
func (a *Assembler) locate(h *Heap, part interval) (at int, refusal spead.Refusal) {
	if !a.cfg.AllowOutOfOrder {
		switch {
		case part.start < h.received:
			return 0, spead.RefusedBehind
		case part.start > h.received:
			return 0, spead.RefusedGap
		}
		return 0, spead.Accepted
	}
	if h.appends(part) {
		return 0, spead.Accepted
	}
	h.expand()
	var joins bool
	if a.cfg.MergeOverlaps {
		at, joins, refusal = h.ranges.locateNew(part)
	} else {
		at, joins, refusal = h.ranges.locate(part)
	}
	if refusal == spead.Accepted && !joins && len(h.ranges) >= a.cfg.MaxRanges {
		refusal = spead.RefusedMemoryLimit
	}
	return at, refusal
}

// learn notes what a packet says of its heap, and gets memory for its payload. If that is refused,
// the caller has to restore what the heap knew before.
func (a *Assembler) learn(h *Heap, p *wire.Packet, end int64) spead.Refusal {
	if p.HeapLength == wire.Unsized {
		h.minLength = max(h.minLength, end)
	} else {
		h.length = p.HeapLength
		h.minLength = max(h.minLength, p.HeapLength)
	}
	for i := range p.PointerCount() {
		if h.note(p.Pointer(i)); len(h.pointers.list) > a.cfg.MaxItems {
			return spead.RefusedItemLimit
		}
	}
	return a.reserve(h, p, end)
}

// note keeps an item pointer, unless it is special or known. NULL ones are kept, as they may end the
// item before them.
func (h *Heap) note(pointer wire.Pointer) {
	id := pointer.ID(h.addressBits)
	if !pointer.Immediate() {
		// Special ids as well: addressed, they mean nothing, but still speak of the heap's length.
		h.minLength = max(h.minLength, int64(pointer.Value(h.addressBits)))
	}
	if id != spead.NullID && id <= spead.PayloadLengthID {
		return
	}
	h.pointers.add(pointer)
	if id == spead.StreamCtrlID && pointer.Immediate() &&
		spead.StreamCtrl(pointer.Value(h.addressBits)) == spead.CtrlStop {
		h.stop = true
	}
}
