// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"github.com/gospead/spead"
)

const (
	// offsetsKept is how many of a heap's latest packets are remembered, for how far one is out of order.
	offsetsKept = 64
	// endedKept is how many heaps are remembered after their end, if no two of them fall together; a power
	// of two.
	endedKept = 1 << 12
	// begunKept is how many heaps are remembered by when they began.
	begunKept = 64
)

// progress is what is known of a heap in progress besides what the assembler knows.
type progress struct {
	packets, payloadMax int64
	// furthest is the largest offset that came.
	furthest int64
	// offsets holds those of the latest packets.
	offsets [offsetsKept]int64
	// hash is that of the packet at offset 0, 0 if that didn't come.
	hash uint64
	// begun and latest are the stream's packets when this heap's first and latest came.
	begun, latest int64
	// ordinal is its number among the stream's heaps, from 1.
	ordinal int64
}

// note takes a packet. late is how many packets of the heap came before it that belong behind it, at
// most offsetsKept: 0 if it is in order.
func (g *progress) note(offset, payload, packet int64) (late int64) {
	if g.packets > 0 && offset < g.furthest {
		for i := max(0, g.packets-offsetsKept); i < g.packets; i++ {
			if g.offsets[i%offsetsKept] > offset {
				late = g.packets - i
				break
			}
		}
		late = max(late, 1)
	}
	g.offsets[g.packets%offsetsKept] = offset
	g.packets++
	g.furthest = max(g.furthest, offset)
	g.payloadMax = max(g.payloadMax, payload)
	g.latest = packet
	return late
}

// ended is a heap that has ended.
type ended struct {
	known    bool
	cnt      spead.HeapCnt
	complete bool
	hash     uint64 // of its packet at offset 0, 0 if that didn't come
}

// endedHeaps remembers heaps that ended not long ago.
type endedHeaps [endedKept]ended

func (e *endedHeaps) slot(cnt spead.HeapCnt) *ended {
	// Spread as in the assembler's table: cnts often step by powers of two.
	return &e[uint64(cnt)*11400714819323198485>>(64-12)]
}

// find gives the heap with this cnt, or nil.
func (e *endedHeaps) find(cnt spead.HeapCnt) *ended {
	if h := e.slot(cnt); h.known && h.cnt == cnt {
		return h
	}
	return nil
}

func (e *endedHeaps) add(h ended) { *e.slot(h.cnt) = h }

// order is in which order heaps began.
type order struct {
	recent   [begunKept]spead.HeapCnt
	begun    int64
	furthest spead.HeapCnt
	// late counts heaps that began behind one that comes after them, and by how many places at most.
	late, latest int64
}

// note notes that a heap began, in a sequence of cnts of so many bits.
func (o *order) note(cnt spead.HeapCnt, bits int) {
	d := cntDistance(o.furthest, cnt, bits)
	switch {
	case o.begun == 0 || d > 0 || d < -(1<<32):
		o.furthest = cnt
	case d < 0:
		o.late++
		for i := max(0, o.begun-begunKept); i < o.begun; i++ {
			if cntDistance(cnt, o.recent[i%begunKept], bits) > 0 {
				o.latest = max(o.latest, o.begun-i)
				break
			}
		}
	}
	o.recent[o.begun%begunKept] = cnt
	o.begun++
}

// cntDistance is how far it is from one cnt to another, with the wrap of their width.
func cntDistance(from, to spead.HeapCnt, bits int) int64 {
	shift := uint(64-bits) & 63
	return int64(uint64(to-from)<<shift) >> shift
}
