// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"slices"

	"github.com/gospead/spead/internal/wire"
)

// searchedPointers is up to how many pointers a list is searched for a pointer from end to end;
// longer ones have a set. As spead2, where most heaps have no more.
const searchedPointers = 8

// pointerList holds a heap's item pointers, each different one once, in the order of arrival.
type pointerList struct {
	list []wire.Pointer
	// seen has what list has, if that is longer than searchedPointers; otherwise it is empty. It is a
	// map as those can't be slowed down by a choice of pointers.
	seen map[wire.Pointer]struct{}
}

// add appends a pointer unless it is there already, and says whether it was appended.
func (p *pointerList) add(pointer wire.Pointer) bool {
	n := len(p.list)
	if n <= searchedPointers {
		if slices.Contains(p.list, pointer) {
			return false
		}
	} else if _, known := p.seen[pointer]; known {
		return false
	}
	p.list = append(p.list, pointer)
	switch {
	case n < searchedPointers:
	case n == searchedPointers:
		if p.seen == nil {
			p.seen = make(map[wire.Pointer]struct{}, 4*searchedPointers)
		}
		for _, known := range p.list {
			p.seen[known] = struct{}{}
		}
	default:
		p.seen[pointer] = struct{}{}
	}
	return true
}

// truncate forgets all pointers but the first n.
func (p *pointerList) truncate(n int) {
	switch {
	case len(p.list) <= searchedPointers:
	case n <= searchedPointers:
		clear(p.seen)
	default:
		for _, pointer := range p.list[n:] {
			delete(p.seen, pointer)
		}
	}
	p.list = p.list[:n]
}
