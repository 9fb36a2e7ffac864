// SPDX-License-Identifier: Apache-2.0

package cnts

import (
	"math/bits"

	"github.com/gospead/spead"
)

const (
	// windowHeaps is how far behind the latest heap a heap may begin without being taken for lost, in
	// heaps; a power of two.
	windowHeaps = 1 << 14
	windowWords = windowHeaps / 64
	// jumpMax is how many heaps in a row may be missing. What is farther off is taken for a sequence of
	// its own: a sender that began anew, or a packet that isn't what it seems.
	jumpMax = 1 << 20
)

// Sequence keeps track of which heaps of a sequence of evenly spaced cnts have been seen.
type Sequence struct {
	step uint64

	begun      bool // a cnt was seen
	top        spead.HeapCnt
	first, pos int64 // of the first heap and of top, counted in steps
	// seen and taken say, of the heaps of the window, from which a packet came, and from which one was
	// accepted.
	seen, taken [windowWords]uint64
	// unseen and refused are heaps that left the window without either.
	unseen, refused int64
	restarts, odd   int64
	// far is a cnt that was far from top; the next one near it begins a new sequence.
	far      spead.HeapCnt
	hasFar   bool
	lastCnt  spead.HeapCnt
	lastGood bool
}

// NewSequence returns a sequence of which nothing was seen. Preconditions: step, the distance of
// successive cnts, isn't 0.
func NewSequence(step uint64) *Sequence { return &Sequence{step: step} }

// Note notes a packet of a heap; accepted says whether it was.
func (q *Sequence) Note(cnt spead.HeapCnt, addressBits int, accepted bool) {
	if q.begun && cnt == q.lastCnt && (q.lastGood || !accepted) {
		return
	}
	q.lastCnt, q.lastGood = cnt, accepted
	if !q.begun {
		q.begun, q.top = true, cnt
	}
	steps, even := q.distance(q.top, cnt, addressBits)
	behind := int64(0)
	switch {
	case !even:
		q.odd++
		return
	case steps > jumpMax || steps <= -windowHeaps:
		if !q.restart(cnt, addressBits) {
			return
		}
	case steps > 0:
		q.advance(q.pos + steps)
		q.top = cnt
	default:
		behind = -steps
	}
	pos := q.pos - behind
	q.first = min(q.first, pos)
	word, bit := pos&(windowHeaps-1)/64, uint64(1)<<(pos&63)
	q.seen[word] |= bit
	if accepted {
		q.taken[word] |= bit
	}
}

// distance gives how many steps it is from one cnt to another, with the wrap of the flavour's width;
// even says whether it is a whole number.
func (q *Sequence) distance(from, to spead.HeapCnt, addressBits int) (steps int64, even bool) {
	shift := uint(64-addressBits) & 63
	d := int64(uint64(to-from)<<shift) >> shift
	steps = d / int64(q.step)
	return steps, steps*int64(q.step) == d
}

// advance moves the window on, and counts what leaves it.
func (q *Sequence) advance(to int64) {
	if to-q.pos >= windowHeaps {
		q.leave(q.pos-windowHeaps+1, q.pos)
		q.unseen += to - windowHeaps - q.pos
		clear(q.seen[:])
		clear(q.taken[:])
		q.pos = to
		return
	}
	q.leave(q.pos-windowHeaps+1, to-windowHeaps)
	for p := q.pos + 1; p <= to; p++ {
		word, bit := p&(windowHeaps-1)/64, uint64(1)<<(p&63)
		q.seen[word] &^= bit
		q.taken[word] &^= bit
	}
	q.pos = to
}

// leave counts the heaps from one position to another as gone from the window.
func (q *Sequence) leave(from, to int64) {
	for p := max(from, q.first); p <= to; p++ {
		word, bit := p&(windowHeaps-1)/64, uint64(1)<<(p&63)
		switch {
		case q.seen[word]&bit == 0:
			q.unseen++
		case q.taken[word]&bit == 0:
			q.refused++
		}
	}
}

// restart begins a new sequence at cnt if the last far cnt was near it; otherwise cnt becomes that.
func (q *Sequence) restart(cnt spead.HeapCnt, addressBits int) bool {
	if q.hasFar && cnt != q.far {
		if steps, even := q.distance(q.far, cnt, addressBits); even && -64 < steps && steps < 64 {
			q.leave(q.pos-windowHeaps+1, q.pos)
			clear(q.seen[:])
			clear(q.taken[:])
			q.restarts++
			q.top, q.hasFar = cnt, false
			q.pos += windowHeaps // nothing of the old sequence is in the window any more
			q.first = q.pos
			return true
		}
	}
	q.far, q.hasFar = cnt, true
	return false
}

// Missing gives what is missing so far: heaps of which no packet came, and heaps of which none was
// accepted, of all up to the latest.
func (q *Sequence) Missing() (unseen, refused int64) {
	unseen, refused = q.unseen, q.refused
	if !q.begun {
		return unseen, refused
	}
	from := max(q.first, q.pos-windowHeaps+1)
	var seen, taken int
	for i := range q.seen {
		seen += bits.OnesCount64(q.seen[i])
		taken += bits.OnesCount64(q.taken[i])
	}
	return unseen + q.pos - from + 1 - int64(seen), refused + int64(seen-taken)
}

// Restarts is how often a sequence began anew.
func (q *Sequence) Restarts() int64 { return q.restarts }

// Odd is how many packets had a cnt that is none of the sequence's.
func (q *Sequence) Odd() int64 { return q.odd }
