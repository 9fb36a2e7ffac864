// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// Items gives the heap's items in spead2's order: addressed ones by address, then immediates by
// value; of equals, the one that came first. NULL items are left out, empty ones are not (spead2 leaves
// them out as well, so that its receivers never learn of an empty value); descriptors and stream
// control are among them. Of an incomplete heap, or one whose payload isn't kept, only the
// immediates can be told.
//
// Values alias the heap's memory. Preconditions: the heap is finished.
func (h *Heap) Items() iter.Seq[spead.RawItem] {
	return func(yield func(spead.RawItem) bool) {
		addressed := h.sortPointers()
		if h.Complete() && !h.unkept {
			for i := range addressed {
				if item, ok := h.addressedItem(i, addressed); ok && !yield(item) {
					return
				}
			}
		}
		for i, pointer := range h.pointers.list[addressed:] {
			if item, ok := h.immediateItem(i, pointer); ok && !yield(item) {
				return
			}
		}
	}
}

// addressedItem gives the item of the ith pointer; ok says whether it is one. Preconditions: pointers
// are sorted, those below addressed have addresses, and the heap is complete.
func (h *Heap) addressedItem(i, addressed int) (item spead.RawItem, ok bool) {
	pointer := h.pointers.list[i]
	start, end := int64(pointer.Value(h.addressBits)), h.minLength
	if i+1 < addressed {
		end = int64(h.pointers.list[i+1].Value(h.addressBits))
	}
	id := pointer.ID(h.addressBits)
	if id == spead.NullID {
		return item, false
	}
	return spead.RawItem{ID: id, Value: h.payload[start:end:end]}, true
}

// immediateItem gives the item of the ith immediate pointer; ok says whether it is one.
func (h *Heap) immediateItem(i int, pointer wire.Pointer) (item spead.RawItem, ok bool) {
	id := pointer.ID(h.addressBits)
	if id == spead.NullID {
		return item, false
	}
	end := (i + 1) * wire.PointerSize
	return spead.RawItem{
		ID:        id,
		Immediate: true,
		Number:    pointer.Value(h.addressBits),
		Value:     h.bytes[end-h.addressBits/8 : end : end],
	}, true
}

// sortPointers puts the pointers into the order of items and gives the immediates bytes, once. It
// returns the number of addressed pointers, which come first.
func (h *Heap) sortPointers() (addressed int) {
	if h.sorted {
		return h.addressed
	}
	h.sorted = true
	list := h.pointers.list
	// The id takes no part. Senders with two items at one address, of which only the last has bytes,
	// rely on the order in which they sent them.
	key := uint64(1)<<63 | (uint64(1)<<h.addressBits - 1)
	slices.SortStableFunc(list, func(x, y wire.Pointer) int {
		return cmp.Compare(uint64(x)&key, uint64(y)&key)
	})
	if h.addressed = slices.IndexFunc(list, wire.Pointer.Immediate); h.addressed < 0 {
		h.addressed = len(list)
	}
	for _, pointer := range list[h.addressed:] {
		h.bytes = binary.BigEndian.AppendUint64(h.bytes, uint64(pointer))
	}
	return h.addressed
}

// IsCtrl says whether the heap has a stream control item with this value. Addressed ones count as
// well, unless they are longer than the 8 bytes of a number. Preconditions: the heap is finished.
func (h *Heap) IsCtrl(value spead.StreamCtrl) bool {
	for item := range h.Items() {
		if item.ID == spead.StreamCtrlID && len(item.Value) > 0 && len(item.Value) <= 8 && bigEndian(item.Value) == uint64(value) {
			return true
		}
	}
	return false
}

// bigEndian reads a number of up to 8 bytes.
func bigEndian(b []byte) uint64 {
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}
