// SPDX-License-Identifier: Apache-2.0

package search

import (
	"fmt"
	"math"

	"github.com/gospead/spead"
)

// Config says how to search.
type Config struct {
	// Lowest and Highest are the rates in bytes per second between which to search. Lowest is never tried
	// unless everything above loses; it must be more than 0. Highest may be 0: as fast as the sender can; then
	// the search goes on below what it reached.
	Lowest, Highest float64
	// Runs is how many runs in a row have to lose nothing. Must be at least 1.
	Runs int
	// Resolution is how near the rate that is sustained and the one that isn't have to be for the search to
	// end, as a part of the latter. Must be more than 0 and less than 1.
	Resolution float64
}

// Verdict is what is known of a rate.
type Verdict string

// The verdicts.
const (
	// Sustained says that all runs lost nothing.
	Sustained Verdict = "sustained"
	// Lossy says that the last run lost something.
	Lossy Verdict = "lossy"
	// Open says that more runs are needed.
	Open Verdict = "open"
)

// Outcome is what a run showed.
type Outcome struct {
	// Rate is what the sender reached, in bytes per second.
	Rate float64
	// Lost says that something was lost.
	Lost bool
}

// Result is what a search has found.
type Result struct {
	// Asked is the highest rate that was sustained as it was asked for, 0 for as fast as the sender can;
	// Rate is the lowest that its runs reached. Both in bytes per second, and 0 if Found is false.
	Asked, Rate float64
	Found       bool
	// Lossy is the lowest rate above that lost something; 0 if none did.
	Lossy float64
}

// Search is a search in progress.
type Search struct {
	cfg Config
	// rate is the rate being tried; done says that there is none.
	rate float64
	done bool
	// clean counts the runs of rate, none of which lost anything; slowest is the least that they reached.
	clean   int
	slowest float64
	// below is the highest rate known to be sustained, above the lowest known not to be, once there is one.
	below, above float64
	best         Result
}

// New begins a search.
func New(cfg Config) (*Search, error) {
	switch {
	case !(cfg.Lowest > 0) || math.IsInf(cfg.Lowest, 0):
		return nil, &spead.FieldError{Field: "search.Config.Lowest", Value: cfg.Lowest, Allowed: "a rate above 0"}
	case cfg.Highest != 0 && !(cfg.Highest >= cfg.Lowest) || math.IsInf(cfg.Highest, 0):
		return nil, &spead.FieldError{Field: "search.Config.Highest", Value: cfg.Highest, Allowed: fmt.Sprintf("0, or at least %v", cfg.Lowest)}
	case cfg.Runs < 1:
		return nil, &spead.FieldError{Field: "search.Config.Runs", Value: cfg.Runs, Allowed: "1 or more"}
	case !(cfg.Resolution > 0 && cfg.Resolution < 1):
		return nil, &spead.FieldError{Field: "search.Config.Resolution", Value: cfg.Resolution, Allowed: "more than 0 and less than 1"}
	}
	return &Search{cfg: cfg, rate: cfg.Highest}, nil
}

// Next gives the rate of the next run, 0 for as fast as the sender can; false: the search has ended.
func (s *Search) Next() (rate float64, more bool) { return s.rate, !s.done }

// Run gives the number of the next run of this rate, from 1 on.
func (s *Search) Run() int { return s.clean + 1 }

// Note takes what a run of the rate that Next gave has shown, and says what that means for the rate.
func (s *Search) Note(o Outcome) Verdict {
	if s.clean == 0 || o.Rate < s.slowest {
		s.slowest = o.Rate
	}
	if o.Lost {
		s.lossy(o)
		return Lossy
	}
	s.clean++
	if s.clean < s.cfg.Runs {
		return Open
	}
	s.sustained()
	return Sustained
}

// Result gives what has been found so far.
func (s *Search) Result() Result {
	r := s.best
	r.Lossy = s.above
	return r
}

func (s *Search) lossy(o Outcome) {
	tried := s.rate
	if tried == 0 {
		// What an unlimited sender reached tells where to look; paced, the same may be sustained.
		tried = max(o.Rate, s.cfg.Lowest)
	}
	s.above = tried
	s.choose()
}

func (s *Search) sustained() {
	s.below = s.rate
	s.best = Result{Asked: s.rate, Rate: s.slowest, Found: true}
	if s.above == 0 {
		s.done = true // that was the highest
		return
	}
	s.choose()
}

// choose chooses the rate between what is sustained and what isn't.
func (s *Search) choose() {
	s.clean = 0
	low := max(s.below, s.cfg.Lowest)
	s.rate = (low + s.above) / 2
	if s.above-low > s.cfg.Resolution*s.above {
		return
	}
	// Near enough; but the lowest is tried before nothing is found.
	s.rate = low
	s.done = s.best.Found || s.above <= s.cfg.Lowest
}
