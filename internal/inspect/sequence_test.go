// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"slices"
	"testing"

	"github.com/gospead/spead"
)

func TestSequencesKnowWhatIsMissing(t *testing.T) {
	run := func(from, to, step int) (cnts []spead.HeapCnt) {
		for c := from; c < to; c += step {
			cnts = append(cnts, spead.HeapCnt(c))
		}
		return cnts
	}
	for _, c := range []struct {
		name string
		cnts []spead.HeapCnt
		bits int
		want Cnts
	}{
		{"nothing", nil, 40, Cnts{}},
		{"one", run(5, 6, 1), 40, Cnts{}},
		{"the same", []spead.HeapCnt{5, 5, 5}, 40, Cnts{}},
		{"two", []spead.HeapCnt{5, 9}, 40, Cnts{Step: 4}},
		{"all", run(0, 10_000, 1), 40, Cnts{Step: 1}},
		{"in steps", run(3, 1000_000, 4096), 40, Cnts{Step: 4096}},
		{"a gap in a few", []spead.HeapCnt{1, 2, 4}, 40, Cnts{Step: 1, Missing: 1, Gaps: []Gap{{3, 3, 1, 0}}}},
		{"a gap in many", append(run(0, 500, 1), run(502, 1000, 1)...), 40, Cnts{Step: 1, Missing: 2, Gaps: []Gap{{500, 501, 2, 0}}}},
		{"a gap that leaves the window", append(run(0, 500, 1), run(502, 20_000, 1)...), 40, Cnts{Step: 1, Missing: 2, Gaps: []Gap{{500, 501, 2, 0}}}},
		{"a gap longer than the window", append(run(0, 500, 1), run(10_500, 20_000, 1)...), 40, Cnts{Step: 1, Missing: 10_000, Gaps: []Gap{{500, 10_499, 10_000, 0}}}},
		{"a gap that is filled late", slices.Concat(run(0, 500, 1), run(502, 1000, 1), run(500, 502, 1)), 40, Cnts{Step: 1}},
		{"one far off", slices.Concat(run(0, 500, 1), run(1<<30, 1<<30+1, 1), run(500, 1000, 1)), 40, Cnts{Step: 1, Odd: 1}},
		{"anew", append(run(1<<30, 1<<30+500, 1), run(0, 500, 1)...), 40, Cnts{Step: 1, Restarts: 1}},
		{"anew after a gap", slices.Concat(run(1<<30, 1<<30+100, 1), run(1<<30+101, 1<<30+500, 1), run(0, 500, 1)), 40,
			Cnts{Step: 1, Restarts: 1, Missing: 1, Gaps: []Gap{{1<<30 + 100, 1<<30 + 100, 1, 0}}}},
		{"descriptors with a cnt of their own", append(run(1, 2, 1), run(4096, 1<<20, 4096)...), 40, Cnts{Step: 4096, Odd: 1}},
		{"between the steps", slices.Concat(run(0, 300, 3), run(100, 101, 1), run(300, 600, 3)), 40, Cnts{Step: 3, Odd: 1}},
		{"wrapping", append(run(200, 256, 1), run(0, 100, 1)...), 8, Cnts{Step: 1}},
		{"wrapping with a gap", append(run(200, 255, 1), run(1, 100, 1)...), 8, Cnts{Step: 1, Missing: 2, Gaps: []Gap{{255, 0, 2, 0}}}},
		{"every other at first", append(run(0, 100, 2), run(100, 200, 2)...), 40, Cnts{Step: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := sequence{bits: c.bits}
			for _, cnt := range c.cnts {
				q.note(cnt)
			}
			for range 2 { // a report changes nothing
				var got Cnts
				q.report(&got)
				if got.Step != c.want.Step || got.Missing != c.want.Missing || got.Restarts != c.want.Restarts || got.Odd != c.want.Odd ||
					!slices.Equal(got.Gaps, c.want.Gaps) {
					t.Errorf("%+v\nexpected %+v", got, c.want)
				}
			}
		})
	}
}

func TestGapsThatArentToldAreCounted(t *testing.T) {
	q := sequence{bits: 40}
	for cnt := range spead.HeapCnt(30_000) {
		if cnt < 100 || cnt%10 != 0 {
			q.note(cnt)
		}
	}
	var got Cnts
	q.report(&got)
	if got.Missing != 2990 || len(got.Gaps) != gapsTold || got.GapsUntold != 2990-gapsTold {
		t.Errorf("%d missing in %d gaps and %d more", got.Missing, len(got.Gaps), got.GapsUntold)
	}
}

// TestASequenceThatStandsStillKeepsNothing has a sender that gives all heaps one cnt.
func TestASequenceThatStandsStillKeepsNothing(t *testing.T) {
	var q sequence
	q.bits = 40
	for range 100 * learnt {
		q.note(7)
	}
	if len(q.early) > learnt {
		t.Errorf("%d cnts are kept", len(q.early))
	}
	for cnt := range spead.HeapCnt(2 * learnt) {
		q.note(8 + cnt)
	}
	var got Cnts
	if q.report(&got); got.Step != 1 || got.Missing != 0 {
		t.Errorf("once it goes on: %+v", got)
	}
}
