// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"math/bits"

	"github.com/gospead/spead"
)

// table finds heaps in progress by their cnt, and gives each a slot of its substream.
type table struct {
	// slots holds slotsEach heaps in progress for each substream, one substream after the other; nil
	// where there is none.
	slots     []*Heap
	slotsEach int
	// newest is, for each substream, the index in slots of the slot that was taken last.
	newest []int
	// buckets are the heads of chains (Heap.next) of heaps whose cnts hash alike, the youngest first.
	buckets []*Heap
	shift   uint
}

func newTable(slotsEach, substreams int) table {
	total := slotsEach * substreams
	// A low load keeps chains short. The numbers, as the multiplier in bucket, are spead2's, so that
	// the statistic of search steps compares.
	buckets := 4 << bits.Len(uint(max(total, 4)-1))
	t := table{
		slots:     make([]*Heap, total),
		slotsEach: slotsEach,
		newest:    make([]int, substreams),
		buckets:   make([]*Heap, buckets),
		shift:     uint(64 - bits.TrailingZeros(uint(buckets))),
	}
	for substream := range t.newest {
		t.newest[substream] = substream * slotsEach
	}
	return t
}

// bucket gives the chain for a cnt. Multiplying by 2^64 divided by the golden ratio spreads cnts
// that step by powers of two, which they often do.
func (t *table) bucket(cnt spead.HeapCnt) **Heap {
	return &t.buckets[uint64(cnt)*11400714819323198485>>t.shift]
}

// find gives the youngest heap with this cnt, or nil, and in how many steps it was found.
func (t *table) find(cnt spead.HeapCnt) (h *Heap, steps int64) {
	steps = 1
	for h = *t.bucket(cnt); h != nil && h.cnt != cnt; h = h.next {
		steps++
	}
	return h, steps
}

// substream is that of heaps of this cnt.
func (t *table) substream(cnt spead.HeapCnt) int {
	if n := uint64(len(t.newest)); n > 1 {
		return int(uint64(cnt) % n)
	}
	return 0
}

// oldest gives the heap whose slot a new heap of this cnt would need first, or nil.
func (t *table) oldest(cnt spead.HeapCnt) *Heap {
	substream := t.substream(cnt)
	first, end := substream*t.slotsEach, (substream+1)*t.slotsEach
	for i := t.newest[substream] + 1; i < end; i++ {
		if t.slots[i] != nil {
			return t.slots[i]
		}
	}
	for i := first; i <= t.newest[substream]; i++ {
		if t.slots[i] != nil {
			return t.slots[i]
		}
	}
	return nil
}

// take gives a new heap of this cnt the next slot of its substream, and returns the heap that was
// there and is now removed, or nil.
func (t *table) take(cnt spead.HeapCnt) (slot int, evicted *Heap) {
	slot = t.advance(t.substream(cnt))
	if evicted = t.slots[slot]; evicted != nil {
		t.remove(evicted)
	}
	return slot, evicted
}

// insert puts h into its slot. Preconditions: take gave the slot.
func (t *table) insert(h *Heap, slot int) {
	bucket := t.bucket(h.cnt)
	h.next, *bucket = *bucket, h
	h.slot = slot
	t.slots[slot] = h
}

// remove takes h out of the table. Its slot stays empty until its turn comes. Preconditions: h is in
// the table.
func (t *table) remove(h *Heap) {
	link := t.bucket(h.cnt)
	for *link != h {
		link = &(*link).next
	}
	*link, h.next = h.next, nil
	t.slots[h.slot] = nil
}

// advance makes the next slot of a substream its newest, and returns it. As often as a substream has
// slots, it gives each of them, the oldest first.
func (t *table) advance(substream int) (slot int) {
	slot = t.newest[substream] + 1
	if slot == (substream+1)*t.slotsEach {
		slot -= t.slotsEach
	}
	t.newest[substream] = slot
	return slot
}
