// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"math/bits"
	"sync"
	"time"

	"github.com/gospead/spead"
)

// heapSeen is what a tally is told of a heap.
type heapSeen struct {
	cnt spead.HeapCnt
	// addressBits is the width of cnts.
	addressBits int
	complete    bool
	// received and missing are bytes of payload.
	received, missing int64
}

// Tally is what the heaps of one stream tell that the stream's statistics don't.
type Tally struct {
	// Heaps counts heaps taken, Incomplete those of them with a part missing, and MissingBytes what is
	// known to be missing of those.
	Heaps        int64 `json:"heaps"`
	Incomplete   int64 `json:"incomplete"`
	MissingBytes int64 `json:"missing_bytes"`
	// Gaps counts the times between heaps, and LongestGap is the longest. Heaps that were finished by one
	// read of a socket come together.
	Gaps       Histogram     `json:"-"`
	LongestGap time.Duration `json:"longest_gap_ns"`
	// Step is the distance that all cnts have in common, or 0 while there are too few to tell.
	Step uint64 `json:"step"`
	// Substreams tells heaps apart by their cnt modulo the number of substreams.
	Substreams []Substream `json:"substreams,omitempty"`
}

// Substream is what came of one substream.
type Substream struct {
	// Heaps, Incomplete and MissingBytes are as in Tally, and Bytes is the payload received.
	Heaps        int64 `json:"heaps"`
	Incomplete   int64 `json:"incomplete"`
	MissingBytes int64 `json:"missing_bytes"`
	Bytes        int64 `json:"bytes"`
	// LastCnt is the cnt of the latest heap.
	LastCnt spead.HeapCnt `json:"last_cnt"`
}

// stepsLeast is from how many heaps on their common distance is believed: by then, loss has most
// likely not hidden it.
const stepsLeast = 16

// tallier is a tally in the making. The consumer tells it of heaps, and the loop reads it.
type tallier struct {
	mu      sync.Mutex
	now     Tally
	last    time.Time
	lastCnt spead.HeapCnt
}

func newTallier(substreams int) *tallier {
	return &tallier{now: Tally{Substreams: make([]Substream, substreams)}}
}

func (t *tallier) note(h heapSeen, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now.Heaps > 0 {
		gap := now.Sub(t.last)
		t.now.Gaps.add(gap)
		t.now.LongestGap = max(t.now.LongestGap, gap)
		t.now.Step = commonDivisor(t.now.Step, distance(t.lastCnt, h))
	}
	t.last, t.lastCnt = now, h.cnt
	row := &t.now.Substreams[uint64(h.cnt)%uint64(len(t.now.Substreams))]
	row.LastCnt = h.cnt
	row.Bytes += h.received
	t.now.Heaps++
	row.Heaps++
	if !h.complete {
		t.now.Incomplete++
		row.Incomplete++
		t.now.MissingBytes += h.missing
		row.MissingBytes += h.missing
	}
}

// distance is how far a heap's cnt is from another, with the wrap of its width.
func distance(from spead.HeapCnt, h heapSeen) uint64 {
	shift := uint(64-h.addressBits) & 63
	d := int64(uint64(h.cnt-from)<<shift) >> shift
	return uint64(max(d, -d))
}

// commonDivisor is the greatest of two numbers, of which 0 doesn't count.
func commonDivisor(a, b uint64) uint64 {
	if a == 0 || b == 0 {
		return a | b
	}
	twos := bits.TrailingZeros64(a | b)
	a >>= bits.TrailingZeros64(a)
	for b != 0 {
		b >>= bits.TrailingZeros64(b)
		a, b = min(a, b), max(a, b)-min(a, b)
	}
	return a << twos
}

// read gives the tally so far.
func (t *tallier) read() Tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	tally := t.now
	tally.Substreams = append([]Substream(nil), t.now.Substreams...)
	if tally.Heaps < stepsLeast {
		tally.Step = 0
	}
	return tally
}
