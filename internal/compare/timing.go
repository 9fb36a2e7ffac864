// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// samplesMax is how many errors are kept for their percentiles.
const samplesMax = 1 << 16

// timing compares when heaps came, as Report has it.
type timing struct {
	heaps          int64
	firstA, firstB int64
	span           int64
	// samples are errors from the first heap's, each as likely as any other to be among them; least and
	// most are of all.
	samples     []sample
	least, most int64
	random      *rand.Rand
}

// sample is a heap's time from the first on side A, and by how much it was later on side B, in
// nanoseconds.
type sample struct{ at, wrong int64 }

// add takes the times of a heap on both sides; 0 if one isn't known.
func (t *timing) add(a, b int64) {
	if a == 0 || b == 0 {
		return
	}
	if t.heaps == 0 {
		t.firstA, t.firstB = a, b
		t.random = rand.New(rand.NewPCG(1, 1))
	}
	t.heaps++
	t.span = max(t.span, a-t.firstA)
	wrong := (b - t.firstB) - (a - t.firstA)
	t.least, t.most = min(t.least, wrong), max(t.most, wrong)
	one := sample{a - t.firstA, wrong}
	if len(t.samples) < samplesMax {
		t.samples = append(t.samples, one)
	} else if at := t.random.Int64N(t.heaps); at < samplesMax {
		t.samples[at] = one
	}
}

// report takes the median for the time at which B began after A.
func (t *timing) report() Timing {
	if t.heaps == 0 {
		return Timing{}
	}
	median := medianWrong(t.samples)
	errors := make([]int64, len(t.samples))
	for i, e := range t.samples {
		errors[i] = max(e.wrong-median, median-e.wrong)
	}
	slices.Sort(errors)
	return Timing{
		Heaps: t.heaps, Shift: time.Duration(t.firstB - t.firstA + median), Span: time.Duration(t.span),
		P50: time.Duration(errors[len(errors)/2]), P99: time.Duration(errors[len(errors)*99/100]),
		Max:   time.Duration(max(t.most-median, median-t.least)),
		Drift: t.drift(),
	}
}

// drift compares the last third with the first, by medians: a few heaps that are much too late don't
// count, wherever they are.
func (t *timing) drift() float64 {
	slices.SortFunc(t.samples, func(x, y sample) int { return cmp.Compare(x.at, y.at) })
	third := len(t.samples) / 3
	if third == 0 {
		return 0
	}
	first, last := t.samples[:third], t.samples[len(t.samples)-third:]
	between := last[third/2].at - first[third/2].at
	if between == 0 {
		return 0
	}
	return float64(medianWrong(last)-medianWrong(first)) / float64(between) * 1e6
}

func medianWrong(samples []sample) int64 {
	wrong := make([]int64, len(samples))
	for i := range samples {
		wrong[i] = samples[i].wrong
	}
	slices.Sort(wrong)
	return wrong[len(wrong)/2]
}
