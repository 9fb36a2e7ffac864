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

// layout is how a heap is cut into packets.
type layout struct {
	// packetSize is the size in bytes of a full packet, a multiple of 8.
	packetSize int
	// pointersMax is how many pointers besides the special ones fit into a packet beside minShare bytes
	// of payload.
	pointersMax int
	// pointers is how many such pointers the heap has, including a NULL before padding.
	pointers int
	// length is the length of the heap's payload in bytes, padding included.
	length int64
}

// Check finds whatever keeps the heap from being sent with this heap cnt in packets of at most
// maxPacketSize bytes, and tells it as a *spead.FieldError. It is nil if Cursor.Start succeeds.
func (h *Heap) Check(cnt spead.HeapCnt, maxPacketSize int) error {
	_, err := h.layout(cnt, maxPacketSize)
	return err
}

// layout computes and checks what doesn't change from packet to packet.
func (h *Heap) layout(cnt spead.HeapCnt, maxPacketSize int) (layout, error) {
	if maxPacketSize < MinPacketSize {
		return layout{}, &spead.FieldError{Field: "packet size", Value: maxPacketSize,
			Allowed: fmt.Sprintf("%d or more", MinPacketSize)}
	}
	if most := h.Flavour.MaxHeapCnt(); cnt > most {
		return layout{}, &spead.FieldError{Field: "heap cnt", Value: uint64(cnt),
			Allowed: fmt.Sprintf("0 to %d in %v", uint64(most), h.Flavour)}
	}
	length, err := h.checkItems()
	if err != nil {
		return layout{}, err
	}
	l := layout{
		packetSize: maxPacketSize &^ 7,
		pointers:   len(h.Items),
		length:     length,
	}
	l.pointersMax = (l.packetSize - wire.PrefixSize - minShare) / wire.PointerSize
	// One packet more than needed is counted if the pointers fill theirs, because a NULL may follow.
	packets := len(h.Items)/l.pointersMax + 1
	if padded := int64(packets-1)*minShare + 1; length < padded {
		l.length = padded
		l.pointers++
	}
	return l, h.checkLayout(&l, packets)
}

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

// checkLayout checks what follows from the items together, given the number of packets that their
// pointers are taken to need.
func (h *Heap) checkLayout(l *layout, packets int) error {
	const most = wire.MaxPointers - wire.SpecialCount
	switch {
	case uint64(l.length) > h.Flavour.MaxImmediate():
		return h.tooLong(l.length)
	case h.RepeatPointers && packets > 1:
		// Exactly as many items as fit are refused too: as in spead2.
		return &spead.FieldError{Field: "number of items with repeated pointers", Value: len(h.Items),
			Allowed: fmt.Sprintf("0 to %d in packets of %d bytes", l.pointersMax-1, l.packetSize)}
	case min(l.pointers, l.pointersMax) > most:
		return &spead.FieldError{Field: "number of items", Value: len(h.Items),
			Allowed: fmt.Sprintf("up to %d in packets of %d bytes", most-1, l.packetSize)}
	}
	return nil
}
