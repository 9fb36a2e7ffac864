// SPDX-License-Identifier: Apache-2.0

package monitor

import "time"

// bounds are the upper limits of the classes that times are counted in: 1, 2, 5, 10 and so on.
var bounds = [...]time.Duration{
	time.Microsecond, 2 * time.Microsecond, 5 * time.Microsecond,
	10 * time.Microsecond, 20 * time.Microsecond, 50 * time.Microsecond,
	100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

// Histogram counts times by class. The last class is what is longer than all bounds.
type Histogram [len(bounds) + 1]int64

// Bounds gives the upper limits of the classes but the last.
func Bounds() []time.Duration { return bounds[:] }

func (h *Histogram) add(d time.Duration) {
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h[i]++
}

// minus gives what was counted since before.
func (h *Histogram) minus(before *Histogram) Histogram {
	since := *h
	for i := range since {
		since[i] -= before[i]
	}
	return since
}

// Total is the number of times counted.
func (h *Histogram) Total() (n int64) {
	for _, count := range h {
		n += count
	}
	return n
}

// Quantile gives the upper limit of the class that the share q of all times, from 0 to 1, doesn't
// exceed; for the last class, which has none, its lower limit.
func (h *Histogram) Quantile(q float64) time.Duration {
	rest := int64(q * float64(h.Total()))
	for i, count := range h {
		if rest -= count; rest < 0 && i < len(bounds) {
			return bounds[i]
		}
	}
	return bounds[len(bounds)-1]
}
