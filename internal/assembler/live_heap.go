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

// take accepts a packet into a heap of its cnt, or refuses it and leaves the heap as it is. A heap
// without packets refuses none but for limits.
func (a *Assembler) take(h *Heap, p *wire.Packet) spead.Refusal {
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
	if a.cfg.AllowOutOfOrder {
		h.ranges.insert(at, part)
	}
	if len(p.Payload) > 0 {
		if !h.unkept {
			copy(h.payload[part.start:part.end], p.Payload)
		}
		h.received += int64(len(p.Payload))
		a.counters.PayloadBytes += int64(len(p.Payload))
		a.counters.LiveBytes += int64(len(p.Payload))
	}
	return spead.Accepted
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
	at, refusal = h.ranges.locate(part)
	if refusal != spead.Accepted || len(h.ranges) < a.cfg.MaxRanges {
		return at, refusal
	}
	if left, right := h.ranges.joins(at, part); !left && !right {
		return at, spead.RefusedMemoryLimit
	}
	return at, spead.Accepted
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
