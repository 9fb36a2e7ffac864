// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"slices"
	"sort"

	"github.com/gospead/spead"
)

// interval is a part of a heap's payload: the bytes from start up to end. It may be empty.
type interval struct {
	start, end int64
}

// ranges are the parts of a heap's payload that were received, for packets in any order: disjoint,
// by ascending start, those that touch merged. They are a slice since packets come nearly in order,
// so that a heap has few of them and changes are at their end. The assembler bounds their number, so
// that it can't cost much either if a sender sees to the opposite.
type ranges []interval

// locate finds where the interval would be inserted, or why it can't be: RefusedOverlap if it runs
// into a later one, RefusedDuplicate if it starts within an earlier one. The order of these checks is
// spead2's. joins says that it would touch others, so that inserting it makes no new one.
func (r ranges) locate(v interval) (at int, joins bool, refusal spead.Refusal) {
	at = len(r)
	if at > 0 && r[at-1].start > v.start {
		at = sort.Search(len(r), func(i int) bool { return r[i].start > v.start })
	}
	if at < len(r) && r[at].start < v.end {
		return at, false, spead.RefusedOverlap
	}
	if at > 0 && r[at-1].end > v.start {
		return at, false, spead.RefusedDuplicate
	}
	left, right := r.touch(at, v)
	return at, left || right, spead.Accepted
}

// touch says which of the intervals before and from at on touches v.
func (r ranges) touch(at int, v interval) (left, right bool) {
	return at > 0 && r[at-1].end == v.start, at < len(r) && r[at].start == v.end
}

// insert adds an interval. Preconditions: locate accepted it and gave at.
func (r *ranges) insert(at int, v interval) {
	s := *r
	left, right := s.touch(at, v)
	switch {
	case left && right:
		s[at-1].end = s[at].end
		*r = slices.Delete(s, at, at+1)
	case left:
		s[at-1].end = v.end
	case right:
		s[at].start = v.start
	default:
		*r = slices.Insert(s, at, v)
	}
}

// locateNew is locate where overlaps are merged: it refuses only what is known as a whole.
func (r ranges) locateNew(v interval) (at int, joins bool, refusal spead.Refusal) {
	i, j := r.span(v)
	if i < j && r[i].start <= v.start && v.end <= r[i].end && v.start < v.end {
		return i, true, spead.RefusedDuplicate
	}
	return i, i < j || v.start == v.end, spead.Accepted
}

// span gives the intervals that overlap or touch v: r[i:j].
func (r ranges) span(v interval) (i, j int) {
	i = len(r)
	if i > 0 && r[i-1].end >= v.start {
		i = sort.Search(len(r), func(k int) bool { return r[k].end >= v.start })
	}
	for j = i; j < len(r) && r[j].start <= v.end; {
		j++
	}
	return i, j
}

// cover makes one interval of v and those that it overlaps or touches, r[i:j]. An empty v changes
// nothing.
func (r *ranges) cover(i, j int, v interval) {
	switch {
	case v.start == v.end:
	case i == j:
		*r = slices.Insert(*r, i, v)
	default:
		s := *r
		s[i] = interval{min(s[i].start, v.start), max(s[j-1].end, v.end)}
		*r = slices.Delete(s, i+1, j)
	}
}

// appends says whether a part goes on where all that was received, from the first byte, ends; then
// there is no need for ranges.
func (h *Heap) appends(part interval) bool {
	return len(h.ranges) == 0 && part.start == h.received && part.start < part.end
}

// expand makes ranges of what was received in order.
func (h *Heap) expand() {
	if len(h.ranges) == 0 && h.received > 0 {
		h.ranges = append(h.ranges, interval{0, h.received})
	}
}

// collapse undoes expand once there is no gap any more.
func (h *Heap) collapse() {
	if len(h.ranges) == 1 && h.ranges[0] == (interval{0, h.received}) && h.received > 0 {
		h.ranges = h.ranges[:0]
	}
}
