// SPDX-License-Identifier: Apache-2.0

package inspect

import "time"

// peakWindow is over which time the highest rate is looked for.
const peakWindow = 100 * time.Millisecond

// pace is how fast datagrams came, and how their times went on.
type pace struct {
	packets, bytes int64
	// firstBytes are those of the first time, which don't belong to any time that has passed.
	firstBytes, firstPackets int64
	first, last              time.Time
	timeless                 int64

	windowStart time.Time
	window      int64 // bytes in it
	peak        int64
	windows     int64 // that have passed

	pause   time.Duration
	pauseAt time.Time
	// back counts times before the one before, and farBack is the largest step.
	back    int64
	farBack time.Duration
	backAt  time.Time
}

func (p *pace) note(size int, at time.Time) {
	p.packets++
	p.bytes += int64(size)
	if at.IsZero() {
		p.timeless++
		return
	}
	if p.first.IsZero() {
		p.first, p.last, p.windowStart = at, at, at
	}
	switch step := at.Sub(p.last); {
	case step < 0:
		p.back++
		if -step > p.farBack {
			p.farBack, p.backAt = -step, at
		}
		// Time goes on from here.
		p.windowStart, p.window = at, 0
	case step > p.pause:
		p.pause, p.pauseAt = step, p.last
	}
	p.last = at
	if at.Equal(p.first) {
		p.firstBytes += int64(size)
		p.firstPackets++
	}
	if passed := at.Sub(p.windowStart) / peakWindow; passed > 0 {
		p.peak = max(p.peak, p.window)
		p.windows += int64(passed)
		p.windowStart = p.windowStart.Add(passed * peakWindow)
		p.window = 0
	}
	p.window += int64(size)
}

// seconds is how long datagrams came.
func (p *pace) seconds() float64 { return max(0, p.last.Sub(p.first).Seconds()) }

// perSecond is how often something came that came n times, of which some at the first time.
func (p *pace) perSecond(n, atFirst int64) float64 {
	s := p.seconds()
	if s <= 0 || n <= atFirst {
		return 0
	}
	return float64(n-atFirst) / s
}

func (p *pace) report() Pace {
	r := Pace{
		Packets: p.packets, Bytes: p.bytes, First: p.first, Last: p.last, Seconds: p.seconds(),
		PacketsPerSecond: p.perSecond(p.packets-p.timeless, p.firstPackets),
		BitsPerSecond:    8 * p.perSecond(p.bytes, p.firstBytes),
		LongestPause:     p.pause.Seconds(), LongestPauseAt: p.pauseAt,
		StepsBack: p.back, LongestStepBack: p.farBack.Seconds(), LongestStepBackAt: p.backAt,
		Timeless: p.timeless,
	}
	if p.windows > 1 {
		r.PeakBitsPerSecond = 8 * float64(max(p.peak, p.window)) / peakWindow.Seconds()
	}
	return r
}
