// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"slices"
	"time"

	"github.com/gospead/spead/internal/udp/arrivals"
)

// paceWindow is the time over which bursts are looked for.
const paceWindow = 100 * time.Microsecond

// Paced is what one run showed of how evenly it was sent.
type Paced struct {
	// Rate is bytes per second from the beginning of the first burst to that of the last.
	Rate float64
	// Middle, Late and Latest are the median, 99th percentile and maximum of how late bursts began, in
	// seconds: after what the rate asks for, of which the most timely burst sets the beginning.
	Middle, Late, Latest float64
	// Excess is how many bytes more than the rate allows came within 100 µs, at most. At least one burst
	// does.
	Excess float64
	// Bytes and Packets are what arrived, Lost the packets that didn't.
	Bytes, Packets, Lost int64
	// Processor is the part of a processor that the sender used, in the kernel and outside.
	Processor float64
}

// newPaced finds the figures in what arrived at a rate in bytes per second. Nothing that arrives for a
// quarter of what a burst takes ends a burst.
func newPaced(all []arrivals.Arrival, rate float64, burst int) Paced {
	var p Paced
	quiet := int64(float64(burst) / 4 / rate * 1e9)
	var lateness []float64
	for i, a := range all {
		if i == 0 || a.Nanos-all[i-1].Nanos > quiet {
			after := float64(a.Nanos-all[0].Nanos) / 1e9
			lateness = append(lateness, after-float64(p.Bytes)/rate)
			if after > 0 {
				p.Rate = float64(p.Bytes) / after
			}
		}
		p.Bytes += int64(a.Bytes)
		p.Packets += int64(a.Packets)
	}
	p.Excess = excess(all, rate, paceWindow)
	if len(lateness) > 0 {
		slices.Sort(lateness)
		p.Middle = median(lateness) - lateness[0]
		p.Late = lateness[len(lateness)*99/100] - lateness[0]
		p.Latest = lateness[len(lateness)-1] - lateness[0]
	}
	return p
}

// excess is how many bytes more than the rate allows arrived in any time as long as the window.
func excess(all []arrivals.Arrival, rate float64, window time.Duration) float64 {
	most, inside, first := 0, 0, 0
	for _, a := range all {
		inside += a.Bytes
		for a.Nanos-all[first].Nanos > int64(window) {
			inside -= all[first].Bytes
			first++
		}
		most = max(most, inside)
	}
	return float64(most) - rate*window.Seconds()
}
