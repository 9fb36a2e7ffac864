// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pattern"
)

// sequenceWindow is how far back, in heaps, a heap is told from a repeated one. It is more than a
// stream can hold in progress and in its queue with all but absurd settings.
const sequenceWindow = 1 << 16

// sequence finds out which heaps never came: their cnts should be every step-th. Heaps may come in
// another order and more than once.
type sequence struct {
	// step is the distance of cnts, at least 1.
	step  uint64
	begun bool
	// distinct counts heaps that hadn't come before, and repeated the others.
	distinct, repeated int64
	// latest is the cnt of the heap before, beyond its flavour's width.
	latest uint64
	// first and last are the smallest and the largest cnt, in steps.
	first, last uint64
	// rest is what all cnts have beyond whole steps.
	rest uint64
	// seen has a bit for each of the latest heaps up to last.
	seen [sequenceWindow / 64]uint64
}

// note takes the cnt of a heap of which at least a part has come; false means that it is none of every
// step-th. If it hasn't come whole, it is missing.
func (q *sequence) note(cnt spead.HeapCnt, f spead.Flavour, whole bool) bool {
	q.latest = pattern.Unwrapped(cnt, q.latest, f)
	at, rest := q.latest/q.step, q.latest%q.step
	if !q.begun {
		q.begun, q.first, q.last, q.rest = true, at, at, rest
	}
	if rest != q.rest {
		return false
	}
	if at+sequenceWindow <= q.last {
		if whole {
			q.repeated++ // or very late: then it stays missing
		}
		return true
	}
	if at > q.last {
		q.forget(max(q.last+1, at-min(at, sequenceWindow-1)), at)
		q.last = at
	}
	q.first = min(q.first, at)
	if !whole {
		return true
	}
	if word := q.word(at); *word>>(at%64)&1 == 0 {
		*word |= 1 << (at % 64)
		q.distinct++
	} else {
		q.repeated++
	}
	return true
}

// forget makes room for the heaps from first to last, which haven't come.
func (q *sequence) forget(first, last uint64) {
	for at := first; at <= last; at++ {
		*q.word(at) &^= 1 << (at % 64)
	}
}

func (q *sequence) word(at uint64) *uint64 { return &q.seen[at%sequenceWindow/64] }

// missing is the number of heaps between the first and the last that never came.
func (q *sequence) missing() int64 {
	if !q.begun {
		return 0
	}
	return int64(q.last-q.first) + 1 - q.distinct
}
