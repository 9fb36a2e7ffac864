// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"cmp"
	"slices"
)

// sizesTold is how many different sizes are told apart.
const sizesTold = 32

// sizes is a distribution of sizes, or of other small numbers.
type sizes struct {
	count, sum int64
	min, max   int64
	// told counts the sizes that came first, and others the rest.
	told   []Size
	others int64
	latest int // index in told of the size that came last
}

func (s *sizes) note(size int64) {
	if s.count == 0 {
		s.min, s.max = size, size
	}
	s.count++
	s.sum += size
	s.min, s.max = min(s.min, size), max(s.max, size)
	if s.latest < len(s.told) && s.told[s.latest].Size == size {
		s.told[s.latest].Count++
		return
	}
	s.find(size)
}

// find counts a size that isn't the one before.
func (s *sizes) find(size int64) {
	i := slices.IndexFunc(s.told, func(t Size) bool { return t.Size == size })
	switch {
	case i >= 0:
		s.told[i].Count++
		s.latest = i
	case len(s.told) < sizesTold:
		s.latest = len(s.told)
		s.told = append(s.told, Size{size, 1})
	default:
		s.others++
	}
}

// report gives the distribution, the most frequent sizes first.
func (s *sizes) report() Sizes {
	r := Sizes{Count: s.count, Min: s.min, Max: s.max, Told: slices.Clone(s.told), Others: s.others}
	if s.count > 0 {
		r.Mean = float64(s.sum) / float64(s.count)
	}
	slices.SortStableFunc(r.Told, func(a, b Size) int { return cmp.Compare(b.Count, a.Count) })
	return r
}

// usual is the most frequent size, 0 if there is none.
func (r *Sizes) usual() int64 {
	if len(r.Told) == 0 {
		return 0
	}
	return r.Told[0].Size
}

// uniform says whether all but an exception in a hundred have the usual size.
func (r *Sizes) uniform() bool {
	return len(r.Told) > 0 && r.Told[0].Count*100 >= r.Count*99
}
