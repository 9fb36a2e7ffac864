// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"iter"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// End says how a heap was finished.
type End uint8

// The ends.
const (
	// InProgress: it isn't.
	InProgress End = iota
	// Completed: its last packet came.
	Completed
	// Evicted: a newer heap needed its slot.
	Evicted
	// Flushed: it was in progress at a Flush.
	Flushed
	// StopItem: its last packet came, and it has the stop item that ends the stream.
	StopItem
)

var endNames = [...]string{
	InProgress: "in progress",
	Completed:  "completed",
	Evicted:    "evicted",
	Flushed:    "flushed",
	StopItem:   "stop item",
}

// String gives the end in words.
func (e End) String() string {
	if int(e) < len(endNames) {
		return endNames[e]
	}
	return "unknown"
}

// Heap is a heap in progress, while only the assembler and its Placer see it, then a finished one.
// One goroutine may use it at a time; it doesn't refer to the assembler.
type Heap struct {
	cnt         spead.HeapCnt
	addressBits int
	bug         spead.BugCompat
	maxItems    int
	end         End

	knowledge
	received int64
	// payload is the memory that the Placer gave, from its first byte. unkept says that there is none
	// and will be none.
	payload []byte
	unkept  bool
	placed  Note
	// ranges are the parts of the payload that were received; empty if packets come in order, when
	// that is all up to received.
	ranges   ranges
	pointers pointerList

	// sorted says that pointers are in the order of items, of which addressed ones come first, and
	// that bytes holds those of the immediates. cleared says that what is missing in payload is zero.
	sorted, cleared bool
	addressed       int
	bytes           []byte

	next *Heap // in the table's bucket
	slot int   // in the table
}

// Cnt is the heap's identifier.
func (h *Heap) Cnt() spead.HeapCnt { return h.cnt }

// Flavour is that of the heap's packets, with the assembler's bug compatibility.
func (h *Heap) Flavour() spead.Flavour {
	// The widths were checked when the packet was decoded.
	f, _ := spead.NewFlavour(h.addressBits, h.bug)
	return f
}

// Length is HEAP_LENGTH, the payload in bytes, or -1 if no packet gave it.
func (h *Heap) Length() int64 { return h.length }

// MinLength is how many bytes of payload the packets received speak of: up to HEAP_LENGTH, the end
// of any payload, and the address of any item.
func (h *Heap) MinLength() int64 { return h.minLength }

// Received is the number of payload bytes that were accepted.
func (h *Heap) Received() int64 { return h.received }

// End says how the heap was finished.
func (h *Heap) End() End { return h.end }

// Complete says whether all payload was received that the packets speak of. That spead2 calls
// contiguous: without HEAP_LENGTH, a lost end goes unnoticed.
func (h *Heap) Complete() bool { return h.received == h.minLength }

// Payload is the memory that the Placer gave, of any length, which holds what was received; nil if
// none was needed or given.
func (h *Heap) Payload() []byte { return h.payload }

// TakePayload returns Payload and makes the heap forget it. If the heap is in progress, what comes of
// its payload from then on isn't kept.
func (h *Heap) TakePayload() []byte {
	b := h.payload
	h.payload, h.unkept = nil, true
	return b
}

// Contents is the payload from the first byte to the last that was received; what is missing between
// them is zero. It is nil if the payload isn't kept. Preconditions: the heap is finished.
func (h *Heap) Contents() []byte {
	if h.unkept {
		return nil
	}
	var last int64
	for _, end := range h.filled() {
		last = end
	}
	if !h.cleared {
		h.cleared = true
		for start, end := range h.gaps(last) {
			clear(h.payload[start:end])
		}
	}
	return h.payload[:last:last]
}

// Ranges gives the parts of the payload that were received, as start and end, in order. As in spead2,
// packets without payload may make empty ones, if they may come in any order.
func (h *Heap) Ranges() iter.Seq2[int64, int64] {
	return func(yield func(start, end int64) bool) {
		if len(h.ranges) == 0 && h.received > 0 {
			yield(0, h.received)
			return
		}
		for _, r := range h.ranges {
			if !yield(r.start, r.end) {
				return
			}
		}
	}
}

// Missing gives the parts of the payload that are known to be missing, as start and end, in order:
// none of a complete heap.
func (h *Heap) Missing() iter.Seq2[int64, int64] { return h.gaps(h.minLength) }

// filled gives Ranges that aren't empty.
func (h *Heap) filled() iter.Seq2[int64, int64] {
	return func(yield func(start, end int64) bool) {
		for start, end := range h.Ranges() {
			if start < end && !yield(start, end) {
				return
			}
		}
	}
}

// gaps gives what isn't received of the payload up to limit.
func (h *Heap) gaps(limit int64) iter.Seq2[int64, int64] {
	return func(yield func(start, end int64) bool) {
		var at int64
		for start, end := range h.filled() {
			if at < start && !yield(at, start) {
				return
			}
			at = end
		}
		if at < limit {
			yield(at, limit)
		}
	}
}

// What a heap may keep of its bookkeeping memory when it is recycled, in elements: what the common
// heap needs, and not what an odd one once did.
const (
	keptPointers = 1024
	keptRanges   = 1024
)

// reset makes h a heap without packets that keeps its memory.
func (h *Heap) reset() {
	pointers, ranges, bytes := h.pointers, h.ranges[:0], h.bytes[:0]
	if cap(pointers.list) > keptPointers {
		pointers, bytes = pointerList{}, nil
	} else {
		pointers.truncate(0)
	}
	if cap(ranges) > keptRanges {
		ranges = nil
	}
	*h = Heap{pointers: pointers, ranges: ranges, bytes: bytes, knowledge: knowledge{length: wire.Unsized}}
}
