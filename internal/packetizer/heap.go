// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"fmt"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// Kind says where an item's value goes.
type Kind uint8

// The kinds of items.
const (
	// Addressed puts Value into the heap's payload, whatever its length.
	Addressed Kind = iota
	// MaybeImmediate puts Value into the item pointer, right-aligned, if it has no more bytes than the
	// flavour's heap address, and into the payload otherwise: spead2's "allow immediate". An empty
	// Value so becomes the immediate 0.
	MaybeImmediate
	// Inline puts Number into the item pointer.
	Inline
)

// Item is one item of a heap to be sent.
type Item struct {
	// ID is the item's id. Ids 1 to 4 are what packets are made with and can't be items.
	ID spead.ItemID
	// Kind says where the value goes.
	Kind Kind
	// Number is the value of an Inline item.
	Number uint64
	// Value is the value of other items. It is not copied before its packet is made.
	Value []byte
}

// inPayload says whether the item's value goes into the payload, given the flavour's heap address
// bytes.
func (it *Item) inPayload(addressBytes int) bool {
	return it.Kind == Addressed || it.Kind == MaybeImmediate && len(it.Value) > addressBytes
}

// Heap is a heap to be sent.
type Heap struct {
	// Flavour is that of its packets.
	Flavour spead.Flavour
	// Items are sent in this order.
	Items []Item
	// RepeatPointers puts the pointers of all items into every packet.
	RepeatPointers bool
}

const (
	// MinPacketSize is the smallest that a packet's largest size may be, in bytes: a header, the special
	// pointers, one other pointer and minShare of payload.
	MinPacketSize = wire.PrefixSize + wire.PointerSize + minShare
	// minShare is the payload in bytes that every packet but the last has at least. One byte would
	// tell packets apart by their offsets; eight keep payload aligned.
	minShare = 8
)

// checkItems checks each item by itself and returns the length of their payload.
func (h *Heap) checkItems() (length int64, err error) {
	addressBytes := h.Flavour.HeapAddressBytes()
	idMax, immediateMax := h.Flavour.MaxItemID(), h.Flavour.MaxImmediate()
	for i := range h.Items {
		it := &h.Items[i]
		if it.ID > idMax || isSpecial(it.ID) || it.Kind > Inline || it.Kind == Inline && it.Number > immediateMax {
			return 0, h.explain(it)
		}
		if it.inPayload(addressBytes) {
			length += int64(len(it.Value))
			// Slices may overlap, so that only this bounds the sum.
			if uint64(length) > immediateMax {
				return 0, h.tooLong(length)
			}
		}
	}
	return length, nil
}

// isSpecial says whether an id is one of those that packets are made with.
func isSpecial(id spead.ItemID) bool { return id-1 < spead.PayloadLengthID }

// explain says what is wrong with an item.
func (h *Heap) explain(it *Item) error {
	switch {
	case it.ID > h.Flavour.MaxItemID():
		return &spead.FieldError{Field: "item id", Value: it.ID,
			Allowed: fmt.Sprintf("up to %v in %v", h.Flavour.MaxItemID(), h.Flavour)}
	case isSpecial(it.ID):
		return &spead.FieldError{Field: "item id", Value: it.ID,
			Allowed: "an id other than 0x1 to 0x4, which packets are made with"}
	case it.Kind > Inline:
		return &spead.FieldError{Field: fmt.Sprintf("kind of item %v", it.ID), Value: uint8(it.Kind),
			Allowed: "addressed, maybe immediate or inline"}
	default:
		return &spead.FieldError{Field: fmt.Sprintf("immediate of item %v", it.ID), Value: it.Number,
			Allowed: fmt.Sprintf("0 to %d in %v", h.Flavour.MaxImmediate(), h.Flavour)}
	}
}

func (h *Heap) tooLong(length int64) error {
	return &spead.FieldError{Field: "heap length", Value: length,
		Allowed: fmt.Sprintf("up to %d bytes in %v", h.Flavour.MaxImmediate(), h.Flavour)}
}
