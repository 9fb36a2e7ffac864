// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"slices"

	"github.com/gospead/spead"
)

const (
	// learnt is after how many heaps the step is decided.
	learnt = 64
	// windowHeaps is how far behind the latest heap one may begin without being taken for lost; a power of
	// two.
	windowHeaps = 1 << 12
	windowWords = windowHeaps / 64
	// nearMost is how many heaps in a row may be missing by the word of a single packet, and gapMost by
	// that of two. What is farther off begins a sequence of its own.
	nearMost = 1 << 10
	gapMost  = 1 << 20
	gapsTold = 32
)

// sequence is which cnts a stream's heaps have. It learns their distance from the first of them, and
// then keeps track of which never came. Only the first packet of each heap is noted.
type sequence struct {
	bits    int
	channel uint64
	// early holds the first cnts, until there are enough to decide on the step.
	early []spead.HeapCnt
	// step is the distance of cnts, 0 as long as it isn't decided.
	step int64

	begun      bool
	top        spead.HeapCnt
	first, pos int64 // of the first heap and of top, counted in steps
	seen       [windowWords]uint64
	missing    int64
	gaps       []Gap
	gapsMore   int64 // that aren't in gaps
	restarts   int64
	odd        int64
	// far is a cnt that was far from top; the next one near it is followed.
	far    spead.HeapCnt
	hasFar bool
}

// note notes that a heap began.
func (q *sequence) note(cnt spead.HeapCnt) {
	if q.step != 0 {
		q.place(cnt)
		return
	}
	q.early = append(q.early, cnt)
	if len(q.early) >= learnt {
		q.learn()
	}
}

// learn decides on the step by the cnts that came, and places them.
func (q *sequence) learn() {
	if len(q.early) == 0 {
		return
	}
	base := q.early[0]
	distances := make([]int64, len(q.early))
	for i, cnt := range q.early {
		distances[i] = cntDistance(base, cnt, q.bits)
	}
	slices.Sort(distances)
	distances = slices.Compact(distances)
	if len(distances) == 1 {
		q.early = q.early[:1] // all the same: there is no step yet
		return
	}
	var steps []int64
	for i := range len(distances) - 1 {
		steps = append(steps, distances[i+1]-distances[i])
	}
	q.step = mostFrequent(steps)
	// The first heaps needn't be of the sequence: those with descriptors often have a cnt of their own.
	rests := make([]int64, len(distances))
	for i, d := range distances {
		rests[i] = (d%q.step + q.step) % q.step
	}
	rest := mostFrequent(rests)
	early := q.early
	q.early = nil
	for _, cnt := range early {
		if d := cntDistance(base, cnt, q.bits); !q.begun && (d%q.step+q.step)%q.step != rest {
			q.odd++
			continue
		}
		q.place(cnt)
	}
}

// mostFrequent gives the number that is there most often, and of several the smallest.
func mostFrequent(numbers []int64) int64 {
	sorted := slices.Sorted(slices.Values(numbers))
	var best, bestCount, count int64
	for i, n := range sorted {
		if i > 0 && n != sorted[i-1] {
			count = 0
		}
		if count++; count > bestCount {
			best, bestCount = n, count
		}
	}
	return best
}

// place finds a cnt's place in the sequence. Preconditions: the step is known.
func (q *sequence) place(cnt spead.HeapCnt) {
	if !q.begun {
		q.begun, q.top = true, cnt
	}
	d := cntDistance(q.top, cnt, q.bits)
	steps := d / q.step
	switch {
	case steps > nearMost || steps <= -windowHeaps:
		q.follow(cnt)
	case steps*q.step != d:
		q.odd++
	case steps > 0:
		q.advance(cnt, steps)
		q.mark(q.pos)
	default:
		q.first = min(q.first, q.pos+steps)
		q.mark(q.pos + steps)
	}
}

// follow goes to a cnt that is far off if the one before was near it. Otherwise it waits for the next.
func (q *sequence) follow(cnt spead.HeapCnt) {
	near := cntDistance(q.far, cnt, q.bits)
	if !q.hasFar || near == 0 || near%q.step != 0 || near/q.step >= nearMost || near/q.step <= -nearMost {
		if q.hasFar && near != 0 {
			q.odd++
		}
		q.far, q.hasFar = cnt, true
		return
	}
	q.hasFar = false
	d := cntDistance(q.top, q.far, q.bits)
	if steps := d / q.step; steps > 0 && steps <= gapMost && steps*q.step == d {
		q.advance(q.far, steps)
		q.mark(q.pos)
	} else {
		q.restart()
	}
	q.place(cnt)
}

// restart begins a new sequence at the cnt that was far off.
func (q *sequence) restart() {
	q.leave(q.pos-windowHeaps+1, q.pos)
	clear(q.seen[:])
	q.restarts++
	q.top = q.far
	q.pos += windowHeaps // nothing of the old sequence is in the window any more
	q.first = q.pos
	q.mark(q.pos)
}

func (q *sequence) mark(pos int64) { q.seen[pos&(windowHeaps-1)/64] |= 1 << (pos & 63) }

func (q *sequence) marked(pos int64) bool {
	return q.seen[pos&(windowHeaps-1)/64]>>(pos&63)&1 != 0
}

// advance moves the window on to a cnt, and takes what leaves it for missing if it didn't come.
func (q *sequence) advance(cnt spead.HeapCnt, steps int64) {
	to := q.pos + steps
	q.leave(q.pos-windowHeaps+1, min(q.pos, to-windowHeaps))
	if unseen := to - windowHeaps - q.pos; unseen > 0 {
		q.gap(q.pos+1, unseen)
	}
	for p := max(q.pos+1, to-windowHeaps+1); p <= to; p++ {
		q.seen[p&(windowHeaps-1)/64] &^= 1 << (p & 63)
	}
	q.pos, q.top = to, cnt
}

// leave counts the heaps from one position to another that didn't come as missing.
func (q *sequence) leave(from, to int64) {
	for p := max(from, q.first); p <= to; p++ {
		if !q.marked(p) {
			q.gap(p, 1)
		}
	}
}

// gap notes that heaps are missing. Positions only grow.
func (q *sequence) gap(pos, heaps int64) {
	q.missing += heaps
	first := q.cnt(pos)
	if n := len(q.gaps); n > 0 && q.gapsMore == 0 {
		g := &q.gaps[n-1]
		if cntDistance(g.Last, first, q.bits) == q.step {
			g.Last, g.Heaps = q.cnt(pos+heaps-1), g.Heaps+heaps
			return
		}
	}
	if len(q.gaps) == gapsTold {
		q.gapsMore++
		return
	}
	q.gaps = append(q.gaps, Gap{first, q.cnt(pos + heaps - 1), heaps, q.channel})
}

// cnt gives the cnt at a position.
func (q *sequence) cnt(pos int64) spead.HeapCnt {
	mask := uint64(1)<<(uint(q.bits)&63) - 1
	return spead.HeapCnt((uint64(q.top) - uint64(q.pos-pos)*uint64(q.step)) & mask)
}

// report adds what the sequence shows so far to r.
func (q *sequence) report(r *Cnts) {
	now := *q
	now.gaps, now.early = slices.Clone(q.gaps), slices.Clone(q.early)
	if now.step == 0 {
		now.learn()
	}
	if now.begun {
		now.leave(now.pos-windowHeaps+1, now.pos)
	}
	if now.hasFar {
		now.odd++
	}
	if now.step != 0 && r.Step == 0 {
		r.Step = now.step
	}
	r.Missing += now.missing
	r.GapsUntold += now.gapsMore
	r.Restarts += now.restarts
	r.Odd += now.odd
	r.Gaps = append(r.Gaps, now.gaps...)
	if n := len(r.Gaps); n > gapsTold {
		r.GapsUntold += int64(n - gapsTold)
		r.Gaps = r.Gaps[:gapsTold]
	}
}
