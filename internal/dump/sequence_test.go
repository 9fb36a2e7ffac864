// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"math/rand/v2"
	"testing"

	"github.com/gospead/spead"
)

func TestMissingAndRepeatedHeapsAreCounted(t *testing.T) {
	all := func(n uint64) (cnts []uint64) {
		for cnt := range n {
			cnts = append(cnts, cnt+1)
		}
		return cnts
	}
	for _, c := range []struct {
		name              string
		step              uint64
		cnts              []uint64
		missing, repeated int64
	}{
		{"no heap", 1, nil, 0, 0},
		{"one heap", 1, []uint64{7}, 0, 0},
		{"a late start", 1, []uint64{7, 8, 9}, 0, 0},
		{"another order", 1, []uint64{9, 7, 8}, 0, 0},
		{"a gap", 1, []uint64{1, 2, 5}, 2, 0},
		{"a gap that is filled later", 1, []uint64{1, 2, 5, 4, 3}, 0, 0},
		{"a repetition", 1, []uint64{1, 2, 2, 1, 3}, 0, 2},
		{"a repetition and a gap", 1, []uint64{1, 2, 2, 4}, 1, 1},
		{"every third", 3, []uint64{2, 5, 11, 2}, 1, 1},
		{"more than the window", 1, all(3 * sequenceWindow), 0, 0},
		{"a gap of more than the window", 1, []uint64{1, 10 * sequenceWindow}, 10*sequenceWindow - 2, 0},
		{"a gap of exactly the window", 1, []uint64{1, 1 + sequenceWindow, 1 + sequenceWindow}, sequenceWindow - 1, 1},
		{"later than the window", 1, []uint64{1, 3, 3 + sequenceWindow, 2}, sequenceWindow, 1},
	} {
		q := sequence{step: c.step}
		for _, cnt := range c.cnts {
			if !q.note(spead.HeapCnt(cnt), spead.Flavour{}, true) {
				t.Errorf("%s: %d doesn't belong", c.name, cnt)
			}
		}
		if q.missing() != c.missing || q.repeated != c.repeated {
			t.Errorf("%s: %d missing, %d repeated, expected %d and %d", c.name, q.missing(), q.repeated, c.missing, c.repeated)
		}
	}
}

func TestCntsBetweenTheStepsDontBelong(t *testing.T) {
	q := sequence{step: 4}
	if !q.note(3, spead.Flavour{}, true) {
		t.Error("3 doesn't belong")
	}
	for _, cnt := range []spead.HeapCnt{4, 5, 6, 8} {
		if q.note(cnt, spead.Flavour{}, true) {
			t.Errorf("%d belongs", cnt)
		}
	}
	if !q.note(7, spead.Flavour{}, true) || q.missing() != 0 {
		t.Error("7 doesn't belong")
	}
}

// TestTheSequenceIsThatOfASet compares with a set of all cnts. Heaps are late by less than the window.
func TestTheSequenceIsThatOfASet(t *testing.T) {
	for range 50 {
		q := sequence{step: 1}
		seen := map[uint64]bool{}
		first, last := ^uint64(0), uint64(0)
		repeated := int64(0)
		at := 1 + rand.Uint64N(1<<20)
		for range 2000 {
			at += rand.Uint64N(1 << rand.IntN(17))
			cnt := at
			if rand.IntN(2) == 0 {
				cnt = at - rand.Uint64N(min(at, sequenceWindow/2))
			}
			if cnt+sequenceWindow <= last {
				continue
			}
			if seen[cnt] {
				repeated++
			}
			seen[cnt] = true
			first, last = min(first, cnt), max(last, cnt)
			q.note(spead.HeapCnt(cnt), spead.Flavour{}, true)
		}
		missing := int64(last-first) + 1 - int64(len(seen))
		if q.missing() != missing || q.repeated != repeated {
			t.Fatalf("%d missing, %d repeated, expected %d and %d", q.missing(), q.repeated, missing, repeated)
		}
	}
}

func TestHeapsThatCameInPartAreMissing(t *testing.T) {
	q := sequence{step: 1}
	for cnt, whole := range []bool{false, false, true, false, true, false} {
		q.note(spead.HeapCnt(cnt), spead.Flavour{}, whole)
	}
	q.note(1, spead.Flavour{}, true)
	if q.missing() != 3 || q.repeated != 0 {
		t.Errorf("%d missing, %d repeated, expected 3 and 0", q.missing(), q.repeated)
	}
}
