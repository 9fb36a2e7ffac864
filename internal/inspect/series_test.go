// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"math"
	"testing"
	"time"
)

func TestNumbersAreKnownByHowTheyChange(t *testing.T) {
	times := func(n int, f func(i int) uint64) (values []uint64) {
		for i := range n {
			values = append(values, f(i))
		}
		return values
	}
	for _, c := range []struct {
		name   string
		values []uint64
		width  int
		kind   Kind
		step   float64
		jumps  int64
	}{
		{"one", []uint64{5}, 64, Once, 0, 0},
		{"the same", []uint64{5, 5, 5}, 64, Constant, 0, 0},
		{"counts", times(10, func(i int) uint64 { return uint64(100 + 7*i) }), 64, Counter, 7, 0},
		{"counts down", times(10, func(i int) uint64 { return uint64(100 - 7*i) }), 64, Counter, -7, 0},
		{"wraps", times(10, func(i int) uint64 { return uint64(250+i) & 0xff }), 8, Counter, 1, 0},
		{"wraps at the top", times(10, func(i int) uint64 { return math.MaxUint64 - 3 + uint64(i) }), 64, Counter, 1, 0},
		{"jumps", times(20, func(i int) uint64 { return uint64(10*i + i/12*1000) }), 64, Counter, 10, 1},
		{"jumps back", times(20, func(i int) uint64 { return uint64(1000 + 10*i - i/12*500) }), 64, Counter, 10, 1},
		{"one of a few", times(20, func(i int) uint64 { return uint64(i * i % 4) }), 64, OneOf, 0, 0},
		{"every fourth time", times(80, func(i int) uint64 { return uint64(i / 4 * 512) }), 64, Rises, 512, 0},
		{"every fourth time, with a fall", times(80, func(i int) uint64 { return uint64(i/4*512 + 10240 - i/40*5120) }), 64, Rises, 512, 1},
		{"noise", times(40, func(i int) uint64 { return uint64(i*7919+13) * 2654435761 % 1000 }), 64, Varies, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s series
			for i, v := range c.values {
				s.note(v, c.width, place{serial: int64(100 + 2*i), cnt: uint64(i), at: begin().Add(time.Duration(i) * interval)})
			}
			r := s.report(2)
			if r.Kind != c.kind || r.Step != c.step || r.JumpCount != c.jumps || int64(len(r.Jumps)) != c.jumps {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestCountersGoOnOverGaps leaves out heaps, and has some come late.
func TestCountersGoOnOverGaps(t *testing.T) {
	var s series
	for _, cnt := range []int64{1, 2, 3, 7, 8, 6, 5, 20, 21, 4} {
		s.note(uint64(cnt*300+5), 48, place{serial: cnt})
	}
	if r := s.report(1); r.Kind != Counter || r.Step != 300 || r.JumpCount != 0 {
		t.Errorf("%+v", r)
	}
}
