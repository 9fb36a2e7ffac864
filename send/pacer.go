// SPDX-License-Identifier: Apache-2.0

package send

import "math"

// pacer decides when the next burst may leave, as spead2's rate limiter does: pure arithmetic on
// times given to it, in nanoseconds on any clock that doesn't go back.
//
// Two schedules are kept. The standard one advances by bytes/rate per burst however late bursts
// leave, which keeps the average. The burst one starts from when the last burst was begun and
// advances by bytes/(rate*ratio), which bounds how fast a delay is caught up. The later of the two
// is when the next burst may leave. Times are whole nanoseconds and a fraction, so that a burst of
// 65536 bytes at 40 Gb/s (13107.2 ns) doesn't drift.
type pacer struct {
	nanosPerByte float64 // of heaps without a rate of their own; 0: unlimited
	ratio        float64
	burstBytes   int
	bytes        int     // in the present burst
	owed         float64 // nanoseconds that the present burst takes at its heaps' rates
	standard     instant
	burst        instant
}

// instant is a time of whole nanoseconds and a fraction in [0, 1).
type instant struct {
	nanos int64
	rest  float64
}

func (t instant) add(nanos float64) instant {
	whole, rest := math.Modf(t.rest + nanos)
	return instant{t.nanos + int64(whole), rest}
}

func (t instant) before(u instant) bool {
	return t.nanos < u.nanos || t.nanos == u.nanos && t.rest < u.rest
}

func newPacer(cfg *Config) pacer {
	return pacer{
		nanosPerByte: nanosPerByte(cfg.Rate),
		ratio:        cfg.BurstRateRatio,
		burstBytes:   cfg.BurstSize,
	}
}

// nanosPerByte inverts a rate in bytes per second; 0 and +Inf are unlimited.
func nanosPerByte(rate float64) float64 {
	if rate == 0 {
		return 0
	}
	return 1e9 / rate
}

// sent counts bytes that belong to the present burst. rate is the heap's own in bytes per second; 0
// is the stream's.
func (p *pacer) sent(bytes int, rate float64) {
	perByte := p.nanosPerByte
	if rate != 0 {
		perByte = nanosPerByte(rate)
	}
	if p.owed == 0 && p.bytes >= p.burstBytes {
		p.bytes = 0 // a burst without a rate has ended
	}
	p.bytes += bytes
	p.owed += float64(bytes) * perByte
}

// isLimited says whether heaps without a rate of their own have one.
func (p *pacer) isLimited() bool { return p.nanosPerByte != 0 }

// full says whether the burst is complete: the clock is to be consulted before the next packet. A
// burst without a rate never is.
func (p *pacer) full() bool { return p.bytes >= p.burstBytes && p.owed > 0 }

// next ends the burst and returns when the next may leave; if that is not after now, at once.
func (p *pacer) next(now int64) int64 {
	p.burst = p.burst.add(p.owed / p.ratio)
	p.standard = p.standard.add(p.owed)
	p.bytes, p.owed = 0, 0
	target := p.standard
	if target.before(p.burst) {
		target = p.burst
	}
	p.burst = target
	if t := (instant{nanos: now}); target.before(t) {
		p.burst = t
	}
	return target.nanos
}

// resume is told that something arrived after the stream had nothing to send: idle time earns no
// credit, so the standard schedule goes on from now.
func (p *pacer) resume(now int64) {
	if t := (instant{nanos: now}).add(-p.owed); p.standard.before(t) {
		p.standard = t
	}
}
