// SPDX-License-Identifier: Apache-2.0

package quantile

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestStepsFollowEachOther(t *testing.T) {
	var d Durations
	if got := step(math.MaxInt64); got >= len(d.counts) {
		t.Fatalf("the largest value is in step %d", got)
	}
	for i := range step(math.MaxInt64) {
		if v := last(i); step(uint64(v)) != i || step(uint64(v)+1) != i+1 {
			t.Fatalf("step %d ends with %d, which is in step %d, and then comes %d", i, v, step(uint64(v)), step(uint64(v)+1))
		}
	}
}

func TestQuantilesAreThoseOfTheSortedValues(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var d Durations
		values := make([]int64, 1+r.IntN(2000))
		var sum float64
		for i := range values {
			values[i] = int64(r.Uint64() >> 1 >> r.IntN(63))
			sum += float64(values[i])
			d.Add(values[i])
		}
		slices.Sort(values)
		for _, part := range []float64{0, 0.5, 0.9, 0.99, 1} {
			exact := values[max(0, int(part*float64(len(values)))-1)]
			if got := int64(d.Quantile(part)); got < exact || float64(got-exact) > float64(exact)/64+1 {
				t.Fatalf("quantile %g of %d values is %d, exactly %d", part, len(values), got, exact)
			}
		}
		if int64(d.Max()) != values[len(values)-1] || math.Abs(float64(d.Mean())-sum/float64(len(values))) > sum*1e-9+1 {
			t.Fatalf("the mean is %d, the most %d", d.Mean(), d.Max())
		}
	}
}

func TestNothingHasNoQuantiles(t *testing.T) {
	var d Durations
	if d.Quantile(0.5) != 0 || d.Mean() != 0 || d.Max() != 0 {
		t.Error(d.Quantile(0.5), d.Mean(), d.Max())
	}
	d.Add(-5)
	if d.Max() != 0 || d.Quantile(1) != 0 {
		t.Error("less than nothing counts as something")
	}
}
