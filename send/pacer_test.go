// SPDX-License-Identifier: Apache-2.0

package send

import (
	"math"
	"math/rand/v2"
	"testing"
)

// drive sends packets of the given size for as long as the clock stays before end, each burst late
// by what late gives, and returns the bytes sent and when the last burst left.
func drive(p *pacer, size int, end int64, late func() int64) (bytes, now int64) {
	for now < end {
		for !p.full() {
			p.sent(size, 0)
			bytes += int64(size)
		}
		now = max(now, p.next(now)) + late()
	}
	return bytes, now
}

func TestPacerKeepsTheAverageRate(t *testing.T) {
	for _, gigabits := range []float64{0.1, 1, 5, 10, 20, 40, 100} {
		rate := gigabits * 1e9 / 8
		p := newPacer(&Config{Rate: rate, BurstSize: defaultBurstSize, BurstRateRatio: defaultBurstRateRatio})
		bytes, now := drive(&p, 8192, 1e9, func() int64 { return 0 })
		got := float64(bytes) / float64(now) * 1e9
		if math.Abs(got/rate-1) > 1e-6 {
			t.Errorf("%v Gb/s: sent %.9g bytes per second, want %.9g", gigabits, got, rate)
		}
	}
}

func TestPacerCatchesUpLateBurstsWithinItsRatio(t *testing.T) {
	const rate, ratio = 1.25e9, 1.05
	random := rand.New(rand.NewPCG(1, 2))
	p := newPacer(&Config{Rate: rate, BurstSize: defaultBurstSize, BurstRateRatio: ratio})
	allowed := defaultBurstSize / (rate * ratio) * 1e9
	burstNanos := int64(math.Floor(allowed))
	var last int64
	var bytes int64
	for now := int64(0); now < 1e9; {
		for !p.full() {
			p.sent(8192, 0)
			bytes += 8192
		}
		target := p.next(now)
		now = max(now, target)
		if gap := now - last; last > 0 && gap < burstNanos {
			t.Fatalf("a burst left %d ns after the one before; the catch-up rate allows %d", gap, burstNanos)
		}
		last = now
		if random.IntN(100) == 0 {
			now += random.Int64N(20_000)
		}
	}
	if got := float64(bytes) / float64(last) * 1e9; math.Abs(got/rate-1) > 1e-3 {
		t.Errorf("sent %.6g bytes per second in spite of catching up, want %.6g", got, rate)
	}
}

func TestPacerGivesNoCreditForIdleTime(t *testing.T) {
	const rate = 1e9
	p := newPacer(&Config{Rate: rate, BurstSize: 1000, BurstRateRatio: 1.05})
	drive(&p, 1000, 1e6, func() int64 { return 0 })
	const later = int64(5e9)
	p.resume(later)
	bytes, now := int64(0), later
	for now < later+1e6 {
		for !p.full() {
			p.sent(1000, 0)
			bytes += 1000
		}
		now = max(now, p.next(now))
	}
	if got := float64(bytes) / float64(now-later) * 1e9; got > rate*1.01 {
		t.Errorf("after an idle time, sent %.6g bytes per second, want at most %.6g", got, rate*1.01)
	}
}

func TestPacerUsesTheRatesOfHeaps(t *testing.T) {
	p := newPacer(&Config{Rate: 1e9, BurstSize: 1000, BurstRateRatio: 1})
	p.sent(500, 5e8)         // 1000 ns
	p.sent(500, 0)           // 500 ns at the stream's rate
	p.sent(500, math.Inf(1)) // no time at all
	if got := p.next(0); got != 1500 {
		t.Errorf("the next burst may leave after %d ns, want 1500", got)
	}
}

func TestUnlimitedPacerNeverWaits(t *testing.T) {
	p := newPacer(&Config{BurstSize: 1000, BurstRateRatio: 1.05})
	for now := int64(0); now < 1e6; now += 1000 {
		p.sent(5000, 0)
		if p.full() {
			t.Fatal("without a rate, a burst asks for the clock")
		}
		if next := p.next(now); next > now {
			t.Fatalf("at %d ns the next burst may leave at %d", now, next)
		}
	}
}
