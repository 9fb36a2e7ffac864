// SPDX-License-Identifier: Apache-2.0

package quantile

import (
	"math/bits"
	"time"
)

// steps is into how many steps each doubling is divided: percentiles are right to a sixty-fourth.
const steps = 64

// Durations are durations of 0 or more. The zero value has none.
type Durations struct {
	counts [60 * steps]int64
	total  int64
	sum    float64
	most   int64
}

// Add adds a duration in nanoseconds; less than nothing counts as nothing.
func (d *Durations) Add(nanos int64) {
	nanos = max(nanos, 0)
	d.counts[step(uint64(nanos))]++
	d.total++
	d.sum += float64(nanos)
	d.most = max(d.most, nanos)
}

// step is the number of the step that a value belongs to: one for each value as long as that is no
// finer than a sixty-fourth.
func step(v uint64) int {
	doublings := max(0, bits.Len64(v)-bits.Len64(steps))
	return doublings*steps + int(v>>doublings)
}

// last is the largest value of a step.
func last(step int) int64 {
	doublings := max(0, step/steps-1)
	return int64(step-doublings*steps+1)<<doublings - 1
}

// Quantile is a duration that the given part of all don't exceed, right to a sixty-fourth; 0 if there
// are none.
func (d *Durations) Quantile(part float64) time.Duration {
	wanted := int64(part * float64(d.total))
	var seen int64
	for i, n := range d.counts {
		if seen += n; n > 0 && seen >= wanted {
			return time.Duration(min(last(i), d.most))
		}
	}
	return time.Duration(d.most)
}

// Mean is the mean; 0 if there are none.
func (d *Durations) Mean() time.Duration {
	if d.total == 0 {
		return 0
	}
	return time.Duration(d.sum / float64(d.total))
}

// Max is the longest.
func (d *Durations) Max() time.Duration { return time.Duration(d.most) }
