// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"net/netip"
	"slices"
)

// streams numbers the destinations of both sides, so that those that belong together have one number.
type streams struct {
	numbers [2]map[netip.AddrPort]int
	// list has both sides' destinations by number.
	list []Stream
}

// pair numbers destinations that are known: the equal ones, then the others in the order of their
// addresses.
func pair(a, b []netip.AddrPort) *streams {
	s := &streams{numbers: [2]map[netip.AddrPort]int{{}, {}}}
	var rest [2][]netip.AddrPort
	var has [2]map[netip.AddrPort]bool
	for side, list := range [2][]netip.AddrPort{a, b} {
		has[side] = make(map[netip.AddrPort]bool, len(list))
		for _, d := range list {
			has[side][d] = true
		}
	}
	for side, list := range [2][]netip.AddrPort{a, b} {
		list = slices.Clone(list)
		slices.SortFunc(list, netip.AddrPort.Compare)
		list = slices.Compact(list)
		for _, d := range list {
			if !has[1-side][d] {
				rest[side] = append(rest[side], d)
			} else if side == 0 {
				s.add(d, d)
			}
		}
	}
	for i := range max(len(rest[0]), len(rest[1])) {
		var pair [2]netip.AddrPort
		for side := range rest {
			if i < len(rest[side]) {
				pair[side] = rest[side][i]
			}
		}
		s.add(pair[0], pair[1])
	}
	return s
}

func (s *streams) add(a, b netip.AddrPort) {
	for side, d := range [2]netip.AddrPort{a, b} {
		if d.IsValid() {
			s.numbers[side][d] = len(s.list)
		}
	}
	s.list = append(s.list, Stream{a, b})
}

// inTurn numbers a side's destinations in the order in which they are first met.
type inTurn struct{ numbers map[netip.AddrPort]int }

func (t *inTurn) number(d netip.AddrPort) int {
	n, ok := t.numbers[d]
	if !ok {
		n = len(t.numbers)
		t.numbers[d] = n
	}
	return n
}
