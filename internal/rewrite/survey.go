// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"encoding/binary"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// stepsMax is how many different steps are counted; a stream has a few.
const stepsMax = 1024

// Survey measures an item's values.
type Survey struct {
	// ID is the item.
	ID spead.ItemID

	any              bool
	least, most      uint64
	last             uint64
	steps            map[uint64]int // how often the value grew by so much
	values, pointers int
}

// Add looks at a datagram.
func (s *Survey) Add(datagram []byte) {
	each(datagram, func(at []byte, addressBits int) {
		p := wire.Pointer(binary.BigEndian.Uint64(at))
		if p.ID(addressBits) != s.ID {
			return
		}
		s.pointers++
		if p.Immediate() {
			s.add(p.Value(addressBits))
		}
	})
}

func (s *Survey) add(value uint64) {
	s.values++
	if !s.any {
		s.any, s.least, s.most, s.last = true, value, value, value
		s.steps = map[uint64]int{}
		return
	}
	s.least, s.most = min(s.least, value), max(s.most, value)
	if step := value - s.last; value > s.last {
		if _, known := s.steps[step]; known || len(s.steps) < stepsMax {
			s.steps[step]++
		}
	}
	s.last = value
}

// Values is how many immediate values there were, Addressed how many pointers with an address.
func (s *Survey) Values() (values, addressed int) { return s.values, s.pointers - s.values }

// Span is from the least value to what would follow the largest: by the step that was most frequent, of
// several the least. It is 0 if the values never grew, so that nothing is known.
func (s *Survey) Span() uint64 {
	var step uint64
	often := 0
	for candidate, count := range s.steps {
		if count > often || count == often && candidate < step {
			step, often = candidate, count
		}
	}
	if often == 0 {
		return 0
	}
	return s.most - s.least + step
}
