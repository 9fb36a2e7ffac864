// SPDX-License-Identifier: Apache-2.0

package search

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gospead/spead"
)

// link is a model of a link: it loses what comes faster than its capacity, and, in one run of many, what
// comes faster than a part of that. Its sender doesn't get faster than it can.
type link struct {
	capacity, sender float64
	flaky            float64 // how likely a run between half the capacity and the capacity loses
	random           *rand.Rand
	runs             int
}

func (l *link) run(rate float64) Outcome {
	l.runs++
	if rate == 0 || rate > l.sender {
		rate = l.sender
	}
	lost := rate > l.capacity || l.flaky > 0 && rate > l.capacity/2 && l.random.Float64() < l.flaky
	return Outcome{Rate: rate, Lost: lost}
}

func (l *link) search(t *testing.T, cfg Config) Result {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	inARow := 0
	for {
		rate, more := s.Next()
		if !more {
			return s.Result()
		}
		if l.runs > 10_000 {
			t.Fatalf("%+v of %+v: no end", cfg, l)
		}
		if s.Run() != inARow+1 {
			t.Fatalf("run %d, of which %d lost nothing", s.Run(), inARow)
		}
		switch s.Note(l.run(rate)) {
		case Open:
			inARow++
		case Sustained, Lossy:
			inARow = 0
		}
	}
}

func TestTheCapacityIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		l := link{capacity: math.Exp(random.Float64()*20 + 2), sender: math.Inf(1)}
		cfg := Config{Lowest: 1, Highest: l.capacity * (1 + 10*random.Float64()), Runs: 1 + random.IntN(5), Resolution: 0.01 + 0.2*random.Float64()}
		if random.IntN(2) == 0 {
			l.sender, cfg.Highest = cfg.Highest, 0
		}
		r := l.search(t, cfg)
		low := l.capacity * (1 - cfg.Resolution)
		if !r.Found || r.Rate < low || r.Rate > l.capacity || r.Lossy < l.capacity {
			t.Fatalf("%+v of %+v: %+v", cfg, l, r)
		}
		if most := cfg.Runs * 40; l.runs > most {
			t.Errorf("%+v of %+v took %d runs", cfg, l, l.runs)
		}
	}
}

func TestASenderThatIsTooSlowIsTheLimit(t *testing.T) {
	l := link{capacity: 100, sender: 50}
	if r := l.search(t, Config{Lowest: 1, Runs: 3, Resolution: 0.05}); r != (Result{Asked: 0, Rate: 50, Found: true}) || l.runs != 3 {
		t.Errorf("%+v after %d runs", r, l.runs)
	}
	l = link{capacity: 100, sender: 50}
	if r := l.search(t, Config{Lowest: 1, Highest: 80, Runs: 3, Resolution: 0.05}); r != (Result{Asked: 80, Rate: 50, Found: true}) {
		t.Errorf("%+v", r)
	}
}

func TestALinkThatLosesAlwaysSustainsNothing(t *testing.T) {
	for _, highest := range []float64{0, 2, 1000} {
		l := link{capacity: 1, sender: 3000}
		r := l.search(t, Config{Lowest: 2, Highest: highest, Runs: 3, Resolution: 0.05})
		if r.Found || r.Rate != 0 || r.Lossy != 2 || l.runs > 20 {
			t.Errorf("from %v: %+v after %d runs", highest, r, l.runs)
		}
	}
	l := link{capacity: 2, sender: 3000}
	if r := l.search(t, Config{Lowest: 2, Runs: 3, Resolution: 0.05}); !r.Found || r.Asked != 2 {
		t.Errorf("the lowest rate is sustained, but %+v", r)
	}
}

func TestMoreRunsInARowAreMoreCautious(t *testing.T) {
	mean := func(runs int) (sum float64) {
		for seed := range uint64(300) {
			l := link{capacity: 1000, sender: 2000, flaky: 0.2, random: rand.New(rand.NewPCG(seed, 0))}
			r := l.search(t, Config{Lowest: 1, Runs: runs, Resolution: 0.02})
			if !r.Found || r.Rate > 1000 {
				t.Fatalf("%+v", r)
			}
			sum += r.Rate / 300
		}
		return sum
	}
	if one, ten := mean(1), mean(10); ten > one*0.9 {
		t.Errorf("one run finds %v on average, ten in a row %v", one, ten)
	}
}

func TestWrongConfigurationsAreRefusedByName(t *testing.T) {
	for name, cfg := range map[string]Config{
		"search.Config.Lowest":     {Highest: 1, Runs: 1, Resolution: 0.1},
		"search.Config.Highest":    {Lowest: 2, Highest: 1, Runs: 1, Resolution: 0.1},
		"search.Config.Runs":       {Lowest: 1, Resolution: 0.1},
		"search.Config.Resolution": {Lowest: 1, Runs: 1, Resolution: math.NaN()},
	} {
		var field *spead.FieldError
		if _, err := New(cfg); !errors.As(err, &field) || field.Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}
