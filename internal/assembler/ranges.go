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
// spead2's.
func (r ranges) locate(v interval) (at int, refusal spead.Refusal) {
	at = len(r)
	if at > 0 && r[at-1].start > v.start {
		at = sort.Search(len(r), func(i int) bool { return r[i].start > v.start })
	}
	if at < len(r) && r[at].start < v.end {
		return at, spead.RefusedOverlap
	}
	if at > 0 && r[at-1].end > v.start {
		return at, spead.RefusedDuplicate
	}
	return at, spead.Accepted
}

// joins says whether the interval would touch others, so that inserting it makes no new one.
func (r ranges) joins(at int, v interval) (left, right bool) {
	return at > 0 && r[at-1].end == v.start, at < len(r) && r[at].start == v.end
}

// insert adds an interval. Preconditions: locate accepted it and gave at.
func (r *ranges) insert(at int, v interval) {
	s := *r
	left, right := s.joins(at, v)
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
