// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"iter"
)

const (
	// defaultMaxItems and defaultMaxBytes limit an ItemGroup that sets no limits.
	defaultMaxItems = 1 << 16
	defaultMaxBytes = 2 << 30
	// descriptorCharge is what an item counts for beside its text and its value: about its own size.
	descriptorCharge = 512
)

// HeapContents is what an ItemGroup needs of a received heap.
type HeapContents interface {
	// Descriptors gives the heap's descriptors in order, each with the error that it could not be
	// interpreted, if so.
	Descriptors() iter.Seq2[Descriptor, error]
	// Items gives the heap's items, in the order in which they are to be taken. The values need to be
	// valid only while the heap is.
	Items() iter.Seq[RawItem]
}

// ItemGroup is a set of items, found by name and by id: what a sender describes and a receiver
// learns of. A receiver passes each heap to Update; a sender makes heaps of it with send.Generator.
// The zero value is an empty group. It is not safe for concurrent use, nor are its items.
//
// Of two items with the same id or name only the later one is in the group, as in spead2: adding a
// descriptor that equals an item's keeps that item and its value; any other one removes the items
// that have its id or its name, which may be two, and the new item has no value and a version beyond
// theirs, so that who only looks at versions sees the change.
type ItemGroup struct {
	// MaxItems is how many items the group may have; 0: 65536. What would exceed it fails.
	MaxItems int
	// MaxBytes is how many bytes Update may make the group keep: of values that it copies, and of
	// descriptors; 0: 2 GiB, the most that recv keeps by default. What would exceed it fails. Values set
	// otherwise don't count.
	MaxBytes int64

	byID   map[ItemID]*Item
	byName map[string]*Item
	// items lists the items in the order in which they were added, with nil for those removed.
	items []*Item
	// nextAuto is an id below which no automatic one is free.
	nextAuto ItemID
	// charge is the sum of the items'.
	charge int64
	// updates counts the updates; changed and undescribed tell of the last one.
	updates     uint64
	changed     []*Item
	undescribed []ItemID
}

// Len is the number of items.
func (g *ItemGroup) Len() int { return len(g.byID) }

// Item finds an item by name.
func (g *ItemGroup) Item(name string) (*Item, bool) {
	it, ok := g.byName[name]
	return it, ok
}

// ByID finds an item by id.
func (g *ItemGroup) ByID(id ItemID) (*Item, bool) {
	it, ok := g.byID[id]
	return it, ok
}

// Items gives the items in the order in which they were added. The group must not be added to
// meanwhile.
func (g *ItemGroup) Items() iter.Seq[*Item] {
	return func(yield func(*Item) bool) {
		for _, it := range g.items {
			if it != nil && !yield(it) {
				return
			}
		}
	}
}

// Add adds an item, or finds the one that has the same descriptor, by the rules of the type. An id
// of 0 stands for the first unused one from FirstAutoID on; the ids up to StreamCtrlID can't be
// items'. It copies d. Fails with a *FieldError, leaving the group as it was.
func (g *ItemGroup) Add(d Descriptor) (*Item, error) {
	if d.ID != 0 && d.ID <= StreamCtrlID {
		return nil, &FieldError{"Descriptor.ID", d.ID, "0 for the next free one, or an id that isn't reserved: from 0x7 on"}
	}
	if d.ID == 0 {
		g.nextAuto = max(g.nextAuto, FirstAutoID)
		for g.byID[g.nextAuto] != nil {
			g.nextAuto++
		}
		d.ID = g.nextAuto
	}
	return g.install(&d)
}

// install is Add for any id.
func (g *ItemGroup) install(d *Descriptor) (*Item, error) {
	old, namesake := g.byID[d.ID], g.byName[d.Name]
	if old != nil && old.Descriptor.Equal(d) {
		return old, nil
	}
	it, err := NewItem(*d)
	if err != nil {
		return nil, err
	}
	it.charge = descriptorCharge + int64(len(d.Name)+len(d.Description)+len(d.NumpyHeader)+
		16*len(d.Format)+8*len(d.Shape))
	if namesake == old {
		namesake = nil
	}
	if err := g.checkLimits(it, old, namesake); err != nil {
		return nil, err
	}
	for _, replaced := range []*Item{old, namesake} {
		if replaced != nil {
			it.version = max(it.version, replaced.version+1)
			g.remove(replaced)
		}
	}
	if g.byID == nil {
		g.byID, g.byName = map[ItemID]*Item{}, map[string]*Item{}
	}
	g.byID[it.ID], g.byName[it.Name] = it, it
	it.place = len(g.items)
	g.items = append(g.items, it)
	g.charge += it.charge
	return it, nil
}

// checkLimits reports if the group can't take an item in place of others, which may be nil.
func (g *ItemGroup) checkLimits(it *Item, replaced ...*Item) error {
	count, charge := len(g.byID)+1, it.charge
	for _, old := range replaced {
		if old != nil {
			count, charge = count-1, charge-old.charge
		}
	}
	if most := orDefault(g.MaxItems, defaultMaxItems); count > most {
		return &FieldError{"ItemGroup items", count, fmt.Sprintf("up to %d, ItemGroup.MaxItems", most)}
	}
	return g.checkCharge(charge)
}

// checkCharge reports if the group can't take so many bytes more.
func (g *ItemGroup) checkCharge(more int64) error {
	if most := orDefault(g.MaxBytes, defaultMaxBytes); more > 0 && g.charge+more > most {
		return &FieldError{"ItemGroup bytes", g.charge + more, fmt.Sprintf("up to %d, ItemGroup.MaxBytes", most)}
	}
	return nil
}

func orDefault[T int | int64](limit, standard T) T {
	if limit > 0 {
		return limit
	}
	return standard
}

// remove takes an item out of the group.
func (g *ItemGroup) remove(it *Item) {
	delete(g.byID, it.ID)
	delete(g.byName, it.Name)
	g.nextAuto = min(g.nextAuto, it.ID)
	g.charge -= it.charge
	g.items[it.place] = nil
	// Most of the places being empty, what is left moves up; so an update can't make the list grow.
	if len(g.items) > 2*len(g.byID)+8 {
		kept := g.items[:0]
		for _, other := range g.items {
			if other != nil {
				other.place = len(kept)
				kept = append(kept, other)
			}
		}
		clear(g.items[len(kept):])
		g.items = kept
	}
}

// Update takes what a heap brings: first all its descriptors, then the values of its items, which it
// copies, so that the heap can be released and earlier values stay as they were. It returns the
// items that got a value, each once, valid until the next update.
//
// Items with ids up to StreamCtrlID are passed over, and those that nothing described: Undescribed
// lists them. An addressed item of no bytes gives the empty value if its shape has one; if not, it is
// passed over as in spead2, being but a pointer to where another item is.
//
// It stops at the first descriptor or item that is in error, with its error or a *FieldError: what it
// did before stays, and changed lists it. An incomplete heap has no descriptors, and of its items
// only those should be given whose bytes all came.
func (g *ItemGroup) Update(h HeapContents) (changed []*Item, err error) {
	err = g.update(h, (*ItemGroup).copyValue)
	return g.changed, err
}

// UpdateLease is Update without copies: the values are in the heap's memory, valid until its
// Release. The descriptors stay valid.
func (g *ItemGroup) UpdateLease(h HeapContents) (changed []*Item, err error) {
	err = g.update(h, (*ItemGroup).leaseValue)
	return g.changed, err
}

// Undescribed lists the ids of the items of the last update for which there was no descriptor, in
// the order in which they came. It is valid until the next update.
func (g *ItemGroup) Undescribed() []ItemID { return g.undescribed }

// taker gives an item of the group a received value.
type taker func(*ItemGroup, *Item, RawItem) error

func (g *ItemGroup) update(h HeapContents, take taker) error {
	g.changed, g.undescribed = g.changed[:0], g.undescribed[:0]
	g.updates++
	for d, err := range h.Descriptors() {
		if err != nil {
			return err
		}
		if _, err := g.install(&d); err != nil {
			return err
		}
	}
	for raw := range h.Items() {
		if err := g.takeItem(raw, take); err != nil {
			return err
		}
	}
	return nil
}

func (g *ItemGroup) takeItem(raw RawItem, take taker) error {
	if raw.ID <= StreamCtrlID {
		return nil
	}
	it := g.byID[raw.ID]
	if it == nil {
		g.undescribed = append(g.undescribed, raw.ID)
		return nil
	}
	if len(raw.Value) == 0 && !raw.Immediate && it.resolvedElements(0) > 0 {
		return nil
	}
	if err := take(g, it, raw); err != nil {
		return err
	}
	if it.updated != g.updates {
		it.updated = g.updates
		g.changed = append(g.changed, it)
	}
	return nil
}

// copyValue takes a value by copying it.
func (g *ItemGroup) copyValue(it *Item, raw RawItem) error {
	if err := g.checkCharge(int64(len(raw.Value)) - it.valueCharge); err != nil {
		return err
	}
	if err := it.SetRaw(raw); err != nil {
		return err
	}
	g.chargeValue(it, int64(len(it.value)))
	return nil
}

// leaseValue takes a value without copying it.
func (g *ItemGroup) leaseValue(it *Item, raw RawItem) error {
	if err := it.LeaseRaw(raw); err != nil {
		return err
	}
	g.chargeValue(it, 0)
	return nil
}

// chargeValue notes how many bytes of the item's value the group keeps.
func (g *ItemGroup) chargeValue(it *Item, size int64) {
	g.charge += size - it.valueCharge
	it.charge += size - it.valueCharge
	it.valueCharge = size
}
