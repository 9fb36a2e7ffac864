// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
)

// Item is a descriptor with a value and a version. The value is kept as the bytes that are sent, in
// memory that is the item's own unless something was leased to it. An Item comes from NewItem or an
// ItemGroup; its Descriptor must not be changed. It is not safe for concurrent use.
type Item struct {
	Descriptor

	element element
	// value holds the bytes that the elements need and no more; shape has no variable dimension.
	value []byte
	shape Shape
	// hasValue, immediate and sealed tell about value: whether there is one, whether it came in an item
	// pointer, and whether setters must not write into its memory, which was received or lent.
	hasValue, immediate, sealed bool
	version                     uint64

	// What the item's group keeps: its place in the order of items, how many bytes of the group's limit
	// it takes in all and for its value, and the group's last update that changed it.
	place               int
	charge, valueCharge int64
	updated             uint64
}

// NewItem returns an item without a value, of version 1. It copies d, and fails with a *FieldError
// if d is not valid.
func NewItem(d Descriptor) (*Item, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	c := d.clone()
	return &Item{Descriptor: c, element: c.element(), version: 1}, nil
}

// HasValue says whether a value was received or set.
func (it *Item) HasValue() bool { return it.hasValue }

// Immediate says whether the value was received in an item pointer.
func (it *Item) Immediate() bool { return it.immediate }

// Version starts at 1 and grows by 1 with each value that is received or set (in spead2 by 2 for a
// received one). An item that replaces others in a group starts beyond their versions.
func (it *Item) Version() uint64 { return it.version }

// Touch adds 1 to the version: it makes known that the value was changed in place.
func (it *Item) Touch() { it.version++ }

// ValueShape is the shape of the value: the descriptor's with the variable dimension resolved. It is
// nil if there is no value or if it is a scalar, and belongs to the item until the next value.
func (it *Item) ValueShape() Shape { return it.shape }

// Bytes gives the value as it is sent, or ErrNoValue. It is the item's memory: changes there change
// the value (call Touch), and setters that keep the size of the value write into it, so that a heap
// that was built from it can be sent again with the new value.
func (it *Item) Bytes() ([]byte, error) {
	if !it.hasValue {
		return nil, it.noValue()
	}
	return it.value, nil
}

func (it *Item) noValue() error { return fmt.Errorf("item %q: %w", excerpt(it.Name), ErrNoValue) }

// SetRaw takes a received value, copying what the shape needs of its bytes to new memory: what
// earlier calls gave stays as it was. Of an addressed item these are the first bytes, of an immediate
// the last ones, as spead2 sends it; others are ignored. It fails with a *FieldError, leaving the item
// as it was, if there are too few bytes, or if text isn't ASCII. A value of no elements needs none.
func (it *Item) SetRaw(raw RawItem) error {
	return it.receive(raw, func(b []byte) []byte { return append([]byte(nil), b...) })
}

// LeaseRaw is SetRaw without the copy: the item refers to raw.Value until its next value, and is
// valid only as long as that is. For a received heap, until its Release.
func (it *Item) LeaseRaw(raw RawItem) error {
	return it.receive(raw, func(b []byte) []byte { return b })
}

func (it *Item) receive(raw RawItem, keep func([]byte) []byte) error {
	if it.element.bits == 0 {
		return &FieldError{"item", it.Name, "one made by NewItem"}
	}
	available := 8 * int64(len(raw.Value)) / it.element.bits
	elements := it.resolvedElements(available)
	if elements > available {
		return it.refuse("elements", available, fmt.Sprintf("at least %d", elements))
	}
	need := bytesOf(elements * it.element.bits)
	b := raw.Value[:need:need]
	if raw.Immediate {
		b = raw.Value[int64(len(raw.Value))-need:]
	}
	if it.IsText() {
		if err := checkASCII(it.fieldName("text"), string(b)); err != nil {
			return err
		}
	}
	it.shape = it.Shape.appendResolved(it.shape[:0], available)
	it.value, it.immediate, it.sealed = keep(b), raw.Immediate, true
	it.changed()
	return nil
}

// resolvedElements is how many elements the value has for which there are available ones.
func (it *Item) resolvedElements(available int64) int64 {
	elements := it.Shape.Elements()
	if it.Shape.IsVariable() && elements > 0 {
		return available / elements * elements
	}
	return elements
}

// bytesOf is the number of bytes that hold so many bits.
func bytesOf(bits int64) int64 { return (bits + 7) / 8 }

// changed notes that there is a new value.
func (it *Item) changed() {
	it.hasValue = true
	it.version++
}

// fieldName is what errors call a part of the item.
func (it *Item) fieldName(part string) string {
	return fmt.Sprintf("item %q (%v) %s", excerpt(it.Name), it.ID, part)
}

// refuse makes the error for a part of the item's value.
func (it *Item) refuse(part string, value any, allowed string) error {
	return &FieldError{it.fieldName(part), value, allowed}
}

// SetBytes takes a value as it is sent, copying it. Its length has to be just what the shape needs;
// a variable dimension takes its length from it. Fails with a *FieldError.
func (it *Item) SetBytes(b []byte) error {
	elements, err := it.elementsIn(b)
	if err != nil {
		return err
	}
	copy(it.room(elements), b)
	it.changed()
	return nil
}

// LeaseBytes is SetBytes without the copy: the item refers to b until its next value, and what b
// holds when a heap is sent is what is sent. Setters don't write into it.
func (it *Item) LeaseBytes(b []byte) error {
	elements, err := it.elementsIn(b)
	if err != nil {
		return err
	}
	it.shape = it.Shape.appendResolved(it.shape[:0], elements)
	it.value, it.immediate, it.sealed = b, false, true
	it.changed()
	return nil
}

// elementsIn is how many elements a value has that is to be sent as b.
func (it *Item) elementsIn(b []byte) (int64, error) {
	if it.element.bits == 0 {
		return 0, &FieldError{"item", it.Name, "one made by NewItem"}
	}
	available := 8 * int64(len(b)) / it.element.bits
	elements := it.resolvedElements(available)
	if elements > available || bytesOf(elements*it.element.bits) != int64(len(b)) {
		return 0, it.refuse("bytes", len(b), fmt.Sprintf("whole elements for the shape %v", it.Shape))
	}
	if it.IsText() {
		return elements, checkASCII(it.fieldName("text"), string(b))
	}
	return elements, nil
}

// checkCount reports a number of elements that the item can't have.
func (it *Item) checkCount(elements int64) error {
	if it.resolvedElements(elements) != elements {
		return it.refuse("elements", elements, fmt.Sprintf("as many as the shape %v has", it.Shape))
	}
	return nil
}

// room makes the item hold a value of so many elements, and gives the memory to write it to: the
// present one if it is the item's own and has the right size, new and zero otherwise.
// Preconditions: checkCount, and the writer can't fail. The writer calls changed.
func (it *Item) room(elements int64) []byte {
	size := bytesOf(elements * it.element.bits)
	if it.sealed || !it.hasValue || int64(len(it.value)) != size {
		it.value = make([]byte, size)
	}
	it.shape = it.Shape.appendResolved(it.shape[:0], elements)
	it.immediate, it.sealed = false, false
	return it.value
}
