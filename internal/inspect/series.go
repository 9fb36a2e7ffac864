// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"math/bits"
	"slices"
	"time"
)

const (
	// distinctTold is how many different values are told apart.
	distinctTold = 8
	jumpsTold    = 8
	// sureOf is by how many matching values a slope has to be ahead before what doesn't match is a jump.
	sureOf = 3
)

// series is how a number changes from heap to heap.
type series struct {
	width         int // in bits
	values        int64
	changes       int64
	first, latest uint64
	min, max      uint64
	firstAt, at   time.Time
	latestSerial  int64

	// rise and run are the change that most heaps have to the one before and the distance of their cnts,
	// by majority; ahead is by how many.
	rise, run, ahead int64
	matches          int64
	// step divides all changes; falls counts those downwards.
	step  uint64
	falls int64

	distinct []uint64 // the values that came first
	more     bool     // than these

	jumps      []Jump
	jumpsCount int64
	fallen     []Jump
}

// place is where in a stream a value stands.
type place struct {
	// serial grows from heap to heap; its differences are those of cnts where these make sense.
	serial int64
	cnt    uint64
	at     time.Time
}

func (s *series) note(value uint64, width int, p place) {
	defer func() { s.latest, s.latestSerial, s.at = value, p.serial, p.at }()
	s.values++
	if !s.more && !slices.Contains(s.distinct, value) {
		if s.more = len(s.distinct) == distinctTold; !s.more {
			s.distinct = append(s.distinct, value)
		}
	}
	if s.values == 1 {
		s.first, s.min, s.max, s.firstAt, s.width = value, value, value, p.at, width
		return
	}
	s.width = max(s.width, width)
	s.min, s.max = min(s.min, value), max(s.max, value)
	shift := uint(64-s.width) & 63
	rise := int64((value-s.latest)<<shift) >> shift
	run := p.serial - s.latestSerial
	if run < 0 { // an earlier heap that came later
		rise, run = -rise, -run
	}
	s.change(value, change{rise, run, p})
}

// change is how a value differs from the one before.
type change struct {
	rise, run int64
	to        place
}

func (s *series) change(value uint64, c change) {
	jump := Jump{Cnt: c.to.cnt, From: s.latest, To: value, At: c.to.at}
	if c.rise != 0 {
		s.changes++
		s.step = divisor(s.step, magnitude(c.rise))
	}
	if c.rise < 0 {
		s.falls++
		s.fallen = addJump(s.fallen, jump)
	}
	switch {
	case sameSlope(c.rise, s.run, s.rise, c.run) && s.run != 0:
		s.ahead++
		s.matches++
	case s.ahead > 0:
		s.ahead--
		if s.ahead >= sureOf {
			s.jumpsCount++
			jump.Expected = s.expected(c.run)
			s.jumps = addJump(s.jumps, jump)
		}
	default:
		s.rise, s.run, s.ahead = c.rise, c.run, 1
		s.matches++
	}
}

// expected is what the latest value should be followed by, so far on.
func (s *series) expected(run int64) uint64 {
	next := s.latest + uint64(s.rise)*uint64(run)
	if s.run > 1 {
		next = s.latest + uint64(float64(s.rise)*float64(run)/float64(s.run))
	}
	return next & (1<<(uint(s.width-1)&63)<<1 - 1)
}

func addJump(list []Jump, j Jump) []Jump {
	if len(list) < jumpsTold {
		list = append(list, j)
	}
	return list
}

// sameSlope says whether rise1*run1 = rise2*run2.
func sameSlope(rise1, run1, rise2, run2 int64) bool {
	if rise1 < 0 != (rise2 < 0) && rise1 != 0 && rise2 != 0 {
		return false
	}
	hi1, lo1 := bits.Mul64(magnitude(rise1), magnitude(run1))
	hi2, lo2 := bits.Mul64(magnitude(rise2), magnitude(run2))
	return hi1 == hi2 && lo1 == lo2
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// divisor is the greatest common divisor.
func divisor(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// report says how the value behaves; step is the usual distance of the serials, 0 if it isn't known.
func (s *series) report(step int64) Behaviour {
	r := Behaviour{Kind: Varies, Values: s.values, Min: s.min, Max: s.max}
	changed := s.values - 1
	switch {
	case s.values == 0:
		return Behaviour{}
	case s.values == 1:
		r.Kind = Once
	case s.changes == 0:
		r.Kind = Constant
	case changed >= 2 && s.rise != 0 && s.matches*4 >= changed*3:
		r.Kind = Counter
		r.Step = float64(s.rise)
		if step > 0 && s.run > 0 {
			r.Step = float64(s.rise) * float64(step) / float64(s.run)
		}
		r.JumpCount, r.Jumps = s.jumpsCount, slices.Clone(s.jumps)
		r.PerSecond = s.perSecond()
	case !s.more && s.values >= 2*int64(len(s.distinct)):
		r.Kind = OneOf
		r.OneOf = slices.Sorted(slices.Values(s.distinct))
	case changed >= 4 && s.falls*20 <= changed:
		r.Kind = Rises
		r.Step = float64(s.step)
		r.JumpCount, r.Jumps = s.falls, slices.Clone(s.fallen)
		r.PerSecond = s.perSecond()
	}
	return r
}

// perSecond is how fast a number grows.
func (s *series) perSecond() float64 {
	passed := s.at.Sub(s.firstAt).Seconds()
	if passed <= 0 || s.jumpsCount > 0 || s.falls > 0 {
		return 0
	}
	shift := uint(64-s.width) & 63
	return float64((s.latest-s.first)<<shift>>shift) / passed
}
