// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
)

const (
	// keptBytes is how much of a value is kept to be shown.
	keptBytes = 256
	// comparedBytes is how much of each end of a value is compared with that in the heap before.
	comparedBytes = 1 << 10
	// descriptorMost is the largest descriptor that is kept, in bytes.
	descriptorMost = 4 << 10
	// numberMost is up to which length an item in the payload is looked at as a number.
	numberMost = 8
)

// items are the items of a stream.
type items struct {
	most int
	seed maphash.Seed
	byID map[spead.ItemID]*item
	// untold counts items in heaps for which there was no room.
	untold int64
	// ctrl counts stream control items by their value; the last counts all others.
	ctrl [5]int64
}

// item is what is known of an item.
type item struct {
	id         spead.ItemID
	heaps      int64
	immediates int64
	lengths    sizes
	number     series

	value  []byte // of the latest, the first bytes
	length int    // of the latest
	hash   uint64
	// changed counts values that differ from the one before.
	changed int64

	described   int64
	redescribed int64
	descriptor  *spead.Descriptor
	unclear     error // why the descriptor can't be understood
}

func newItems(most int, seed maphash.Seed) items {
	return items{most: most, seed: seed, byID: map[spead.ItemID]*item{}}
}

// find gives the item with this id, nil if there is no room for it.
func (l *items) find(id spead.ItemID) *item {
	it := l.byID[id]
	switch {
	case it != nil:
	case len(l.byID) >= l.most:
		l.untold++
	default:
		it = &item{id: id}
		l.byID[id] = it
	}
	return it
}

// note takes a complete heap, and says whether it has items with values and descriptors.
func (l *items) note(h *assembler.Heap, bug spead.BugCompat, p place) (valued, described bool) {
	for raw := range h.Items() {
		switch raw.ID {
		case spead.DescriptorID:
			described = true
		case spead.StreamCtrlID:
			l.noteCtrl(raw)
		default:
			valued = true
			if it := l.find(raw.ID); it != nil {
				it.note(raw, l.seed, p)
			}
		}
	}
	if !described {
		return valued, false
	}
	for raw := range h.Descriptors() {
		if it := l.find(raw.ID); it != nil {
			it.describe(raw, bug)
		}
	}
	return valued, true
}

func (l *items) noteCtrl(raw spead.RawItem) {
	if len(raw.Value) > numberMost {
		return
	}
	l.ctrl[min(number(raw.Value), uint64(len(l.ctrl)-1))]++
}

// number reads a big-endian number.
func number(b []byte) uint64 {
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

func (it *item) note(raw spead.RawItem, seed maphash.Seed, p place) {
	it.heaps++
	if raw.Immediate {
		it.immediates++
	}
	it.lengths.note(int64(len(raw.Value)))
	if n := len(raw.Value); raw.Immediate || n > 0 && n <= numberMost {
		it.number.note(number(raw.Value), 8*n, p)
	}
	hash := excerptHash(raw.Value, seed)
	if it.heaps > 1 && (hash != it.hash || len(raw.Value) != it.length) {
		it.changed++
	}
	it.hash, it.length = hash, len(raw.Value)
	it.value = append(it.value[:0], raw.Value[:min(len(raw.Value), keptBytes)]...)
}

// excerptHash is a hash of both ends of a value: all of a long one would cost more than all the rest.
func excerptHash(b []byte, seed maphash.Seed) uint64 {
	if len(b) <= 2*comparedBytes {
		return maphash.Bytes(seed, b)
	}
	return maphash.Bytes(seed, b[:comparedBytes]) ^ 3*maphash.Bytes(seed, b[len(b)-comparedBytes:])
}

// describe takes a descriptor of the item.
func (it *item) describe(raw spead.RawDescriptor, bug spead.BugCompat) {
	it.described++
	size := len(raw.Name) + len(raw.Description) + len(raw.NumpyHeader) + 8*len(raw.Shape) + 16*len(raw.Format)
	if size > descriptorMost {
		it.unclear = fmt.Errorf("descriptor of %d bytes isn't looked at", size)
		return
	}
	// The byte strings alias the heap's memory; text is a copy.
	d, err := raw.Descriptor(bug)
	d.Shape, d.Format = slices.Clone(d.Shape), slices.Clone(d.Format)
	if it.descriptor != nil && !it.descriptor.Equal(&d) {
		it.redescribed++
	}
	it.descriptor, it.unclear = &d, err
}

// report gives all items by id; step is the distance of consecutive heaps' serials.
func (l *items) report(step int64) []Item {
	list := make([]Item, 0, len(l.byID))
	for _, it := range l.byID {
		list = append(list, it.report(step))
	}
	slices.SortFunc(list, func(a, b Item) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

func (it *item) report(step int64) Item {
	r := Item{
		ID: it.id, Heaps: it.heaps, Immediate: it.heaps > 0 && it.immediates == it.heaps, Lengths: it.lengths.report(),
		Changed: it.changed, Described: it.described, Redescribed: it.redescribed, Value: it.text(),
	}
	if it.heaps > 0 && it.number.values == it.heaps {
		r.Behaviour = it.number.report(step)
		if r.Immediate {
			n := it.number.latest
			r.Number = &n
		}
	} else {
		r.Behaviour = it.contents()
	}
	if it.unclear != nil {
		r.DescriptorError = it.unclear.Error()
	}
	if d := it.descriptor; d != nil {
		r.Name, r.Description = d.Name, d.Description
		r.Shape, r.Type = d.Shape.String(), typeText(d)
		r.FortranOrder = d.FortranOrder
	}
	return r
}

// contents is how a value changes that isn't a number.
func (it *item) contents() Behaviour {
	r := Behaviour{Kind: Varies, Values: it.heaps}
	switch {
	case it.heaps == 0:
		r.Kind = Never
	case it.heaps == 1:
		r.Kind = Once
	case it.changed == 0:
		r.Kind = Constant
	}
	return r
}
