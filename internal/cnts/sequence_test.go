// SPDX-License-Identifier: Apache-2.0

package cnts

import (
	"math/rand/v2"
	"testing"

	"github.com/gospead/spead"
)

func TestUnseenHeapsAreCountedExactly(t *testing.T) {
	const step = 7
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 4))
		bits := []int{16, 40, 48}[r.IntN(3)]
		q := NewSequence(step)
		start := spead.HeapCnt(r.Uint64N(1 << bits))
		seen, taken := map[int]bool{}, map[int]bool{}
		last := 0
		for i := range 40_000 {
			if r.IntN(10) == 0 {
				continue
			}
			at := i
			if r.IntN(5) == 0 {
				at = max(0, i-r.IntN(100)) // late
			}
			accepted := r.IntN(4) > 0
			cnt := (start + spead.HeapCnt(at*step)) & (1<<bits - 1)
			q.Note(cnt, bits, accepted)
			seen[at] = true
			taken[at] = taken[at] || accepted
			last = max(last, at)
		}
		var unseen, refused int64
		first := 0
		for !seen[first] {
			first++
		}
		for i := first; i <= last; i++ {
			switch {
			case !seen[i]:
				unseen++
			case !taken[i]:
				refused++
			}
		}
		if u, f := q.Missing(); u != unseen || f != refused || q.Odd() != 0 || q.Restarts() != 0 {
			t.Fatalf("seed %d: %d unseen and %d refused, want %d and %d; %d odd, %d restarts", seed, u, f, unseen, refused, q.Odd(), q.Restarts())
		}
	}
}

func TestASequenceThatBeginsAnewIsNoLoss(t *testing.T) {
	q := NewSequence(1)
	for cnt := range spead.HeapCnt(100) {
		q.Note(1<<30+cnt, 40, true)
	}
	q.Note(5, 40, true)         // a stray packet changes nothing
	q.Note(1<<30+100, 40, true) // since the sequence goes on
	for cnt := range spead.HeapCnt(100) {
		q.Note(cnt, 40, true)
	}
	if u, f := q.Missing(); u != 0 || f != 0 || q.Restarts() != 1 {
		t.Errorf("%d unseen, %d refused, %d restarts", u, f, q.Restarts())
	}
	q.Note(200, 40, true)
	if u, _ := q.Missing(); u != 100 {
		t.Errorf("%d unseen, want 100", u)
	}
}
