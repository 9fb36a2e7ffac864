// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"testing/synctest"
)

// departure is when a burst left, how much it was, and what it took at its heaps' rates.
type departure struct {
	nanos int64
	bytes int
	owed  float64
}

// departures sends random heaps with rates of their own and notes the bursts. Each burst leaves late
// by what late gives, after the clock was asked.
func departures(p *pacer, n int, random *rand.Rand, late func() int64) []departure {
	var all []departure
	var now int64
	for range n {
		d := departure{nanos: now}
		for !p.full() {
			size := 56 + random.IntN(9000)
			rate := 0.
			if random.IntN(2) == 0 {
				rate = 1e8 * math.Pow(100, random.Float64())
			}
			p.sent(size, rate)
			d.bytes += size
			d.owed += float64(size) * perByte(p, rate)
		}
		all = append(all, d)
		now = max(now, p.next(now)) + late()
	}
	return all
}

func perByte(p *pacer, rate float64) float64 {
	if rate == 0 {
		return p.nanosPerByte
	}
	return nanosPerByte(rate)
}

func TestPacerAgreesWithAModel(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 5))
		cfg := Config{Rate: 1e9 * (0.1 + random.Float64()), BurstSize: 1 + random.IntN(100_000), BurstRateRatio: 1.05}
		p := newPacer(&cfg)
		all := departures(&p, 2000, random, func() int64 { return 0 })
		due := 0.
		for i, d := range all {
			if over := float64(d.nanos) - due; math.Abs(over) > 2 {
				t.Fatalf("seed %d: burst %d left at %d ns, want %.1f", seed, i, d.nanos, due)
			}
			if d.bytes < cfg.BurstSize || d.bytes >= cfg.BurstSize+9056 {
				t.Fatalf("seed %d: burst %d is of %d bytes, want %d and less than a packet more", seed, i, d.bytes, cfg.BurstSize)
			}
			due += d.owed
		}
	}
}

// TestPacerIsNeverAheadOfItsRate holds whatever delays there are: what has left took at least as long
// as its rates say, and no three bursts follow one another faster than the ratio allows.
func TestPacerIsNeverAheadOfItsRate(t *testing.T) {
	const ratio = 1.05
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 6))
		cfg := Config{Rate: 1.25e9, BurstSize: 65536, BurstRateRatio: ratio}
		p := newPacer(&cfg)
		all := departures(&p, 2000, random, func() int64 { return int64(random.ExpFloat64() * 20_000) })
		due := 0.
		for i, d := range all {
			if float64(d.nanos) < due-1 {
				t.Fatalf("seed %d: burst %d left at %d ns, before %.1f", seed, i, d.nanos, due)
			}
			due += d.owed
			if i < 2 {
				continue
			}
			before := all[i-2]
			if gap, least := float64(d.nanos-before.nanos), all[i-1].owed/ratio; gap < least-2 {
				t.Fatalf("seed %d: burst %d left %.0f ns after the last but one, want at least %.0f", seed, i, gap, least)
			}
		}
	}
}

func TestPacerCarriesFractionsOverAMillionBursts(t *testing.T) {
	for _, gigabits := range []int64{1, 3, 7, 40, 97} {
		rate := float64(gigabits) * 1e9 / 8
		p := newPacer(&Config{Rate: rate, BurstSize: 65536, BurstRateRatio: 1.05})
		var now int64
		const bursts = 1_000_000
		for range bursts {
			p.sent(65536, 0)
			now = p.next(now)
		}
		exact := new(big.Rat).SetFrac64(bursts*65536*8, gigabits) // bits / (Gb/s) = nanoseconds
		want, _ := exact.Float64()
		if off := math.Abs(float64(now) - want); off > 2 {
			t.Errorf("%d Gb/s: the burst after a million leaves at %d ns, %.0f off", gigabits, now, off)
		}
	}
}

func TestIdleTimeEarnsNothing(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 7))
		const rate, size = 1e9, 1000
		p := newPacer(&Config{Rate: rate, BurstSize: size, BurstRateRatio: 1.05})
		var now, began int64
		bursts := 0
		for range 5000 {
			if random.IntN(50) == 0 {
				now += random.Int64N(1e9)
				p.resume(now)
				began, bursts = now, 0
			}
			// The burst before the idle time may still have been owed: one more than the rate says.
			if most := float64(now-began)/(size/rate*1e9) + 2; float64(bursts) > most {
				t.Fatalf("seed %d: %d bursts left within %d ns of an idle time", seed, bursts, now-began)
			}
			p.sent(size, 0)
			bursts++
			now = max(now, p.next(now))
		}
	}
}

// TestCancellingIsNoWayAroundTheRate cancels the batch whose turn is next, while the next burst isn't
// due yet: it comes back at once, but the one behind it has to wait on.
func TestCancellingIsNoWayAroundTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTransport{}
		s := newTestStream(t, Config{MaxHeaps: 8, Rate: 1, BurstSize: 1}, f)
		var batches [3]Batch
		for i := range batches {
			batches[i].Heaps = []Ref{{Heap: heapOf(100)}}
			if err := s.SendBatch(t.Context(), &batches[i]); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		withdraw := func(b *Batch) {
			b.Cancel()
			if err := b.Wait(t.Context()); !errors.Is(err, context.Canceled) {
				t.Errorf("a withdrawn batch gave %v", err)
			}
			synctest.Wait()
		}
		withdraw(&batches[1])
		if !batches[0].isDone() || !batches[1].isDone() || batches[2].isDone() {
			t.Errorf("batches are done: %v, %v, %v; want the first two", batches[0].isDone(), batches[1].isDone(), batches[2].isDone())
		}
		withdraw(&batches[2])
		s.Close()
		if got := f.cnts(t); len(got) != 1 {
			t.Errorf("packets of the heaps %v left, want the first", got)
		}
	})
}
