// SPDX-License-Identifier: Apache-2.0

package send

import (
	"sync/atomic"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/packetizer"
	"github.com/gospead/spead/internal/wire"
)

// Heap is a heap to be sent: a list of items. It refers to the memory of its values and copies none.
// It may be sent any number of times, also several times at once, and its values changed in place
// between sends. From Send or SendBatch until the result is there, the heap and all memory that it
// refers to belong to the stream and must not be changed.
//
// A Heap is not safe for concurrent use by callers.
type Heap struct {
	contents packetizer.Heap
	// version counts the changes that need another plan.
	version uint64
	// plan is the last one made. Several streams may look for it at once.
	plan atomic.Pointer[plan]
}

// plan is how a version of a heap is cut into packets.
type plan struct {
	packetizer.Plan
	version uint64
}

// NewHeap returns an empty heap of the given flavour; spead.Flavour{} is SPEAD-64-40.
func NewHeap(f spead.Flavour) *Heap {
	return &Heap{contents: packetizer.Heap{Flavour: f}}
}

// Flavour returns the heap's flavour.
func (h *Heap) Flavour() spead.Flavour { return h.contents.Flavour }

// Len is the number of items, descriptors and stream control items included.
func (h *Heap) Len() int { return len(h.contents.Items) }

// Reset removes all items. The memory of the list is kept.
func (h *Heap) Reset() {
	clear(h.contents.Items)
	h.contents.Items = h.contents.Items[:0]
	h.version++
}

// AddItem adds an item whose bytes go into the heap's payload, whatever their number.
func (h *Heap) AddItem(id spead.ItemID, value []byte) {
	h.add(packetizer.Item{ID: id, Kind: packetizer.Addressed, Value: value})
}

// AddCompact adds an item whose bytes go into the item pointer where they fit (as many bytes as the
// flavour's heap address, or fewer), right-aligned, and into the payload otherwise. They are read
// when the heap is sent, so that they may be changed in place between sends: the last 5 bytes of a
// big-endian 64-bit counter make a 40-bit timestamp. This is spead2's "allow immediate".
func (h *Heap) AddCompact(id spead.ItemID, value []byte) {
	h.add(packetizer.Item{ID: id, Kind: packetizer.MaybeImmediate, Value: value})
}

// AddImmediate adds an item that is the number v, carried by the item pointer. It fails with a
// *spead.FieldError if v has more bits than the flavour's heap address.
func (h *Heap) AddImmediate(id spead.ItemID, v uint64) error {
	if err := h.checkImmediate(v); err != nil {
		return err
	}
	h.add(packetizer.Item{ID: id, Kind: packetizer.Inline, Number: v})
	return nil
}

// SetImmediate changes the number of the first item with this id that AddImmediate added.
func (h *Heap) SetImmediate(id spead.ItemID, v uint64) error {
	if err := h.checkImmediate(v); err != nil {
		return err
	}
	for i := range h.contents.Items {
		if it := &h.contents.Items[i]; it.ID == id && it.Kind == packetizer.Inline {
			it.Number = v
			return nil
		}
	}
	return &spead.FieldError{Field: "send.Heap.SetImmediate id", Value: id, Allowed: "the id of an item added by AddImmediate"}
}

func (h *Heap) checkImmediate(v uint64) error {
	if v > h.contents.Flavour.MaxImmediate() {
		return &spead.FieldError{Field: "immediate", Value: v, Allowed: "what " + h.contents.Flavour.String() + " can hold"}
	}
	return nil
}

// Add adds an item of an item group with its present value, in the item's own memory: setting the
// item's value in place before the heap has left changes what is sent. The value goes into the item
// pointer under spead2's rule: if it fits, its shape has no variable dimension, and its elements are
// whole bytes. It fails if the item has no value.
func (h *Heap) Add(it *spead.Item) error {
	value, err := it.Bytes()
	if err != nil {
		return err
	}
	if it.AllowImmediate() {
		h.AddCompact(it.ID, value)
	} else {
		h.AddItem(it.ID, value)
	}
	return nil
}

// AddDescriptor adds the description of an item. It is encoded at once: later changes of d are not
// sent. It fails with a *spead.FieldError if d is not legal or doesn't fit the flavour.
func (h *Heap) AddDescriptor(d spead.Descriptor) error {
	raw, err := d.Raw(h.contents.Flavour)
	if err != nil {
		return err
	}
	value, err := wire.AppendDescriptor(nil, h.contents.Flavour, &raw)
	if err != nil {
		return err
	}
	h.AddItem(spead.DescriptorID, value)
	return nil
}

// AddStart marks the heap as the start of a stream. Receivers take no notice but can tell.
func (h *Heap) AddStart() { h.addCtrl(spead.CtrlStart) }

// AddStop marks the heap as the end of the stream. spead2's receivers stop at it and don't deliver
// the heap, so that it should carry nothing else.
func (h *Heap) AddStop() { h.addCtrl(spead.CtrlStop) }

func (h *Heap) addCtrl(c spead.StreamCtrl) {
	h.add(packetizer.Item{ID: spead.StreamCtrlID, Kind: packetizer.Inline, Number: uint64(c)})
}

func (h *Heap) add(it packetizer.Item) {
	h.contents.Items = append(h.contents.Items, it)
	h.version++
}

// SetRepeatPointers says whether every packet carries the pointers of all items, so that a receiver
// can place a packet's payload without having seen the heap's first packet. Sending fails if they
// don't fit into one packet. Default false.
func (h *Heap) SetRepeatPointers(repeat bool) {
	h.contents.RepeatPointers = repeat
	h.version++
}

// planFor gives the heap's plan for a cut. The one for a heap's first cut is kept, so that sending a
// heap again costs nothing.
func (h *Heap) planFor(cut packetizer.Cut) (*plan, error) {
	kept := h.plan.Load()
	if kept != nil && kept.version == h.version && kept.Cut() == cut {
		return kept, nil
	}
	p, err := h.contents.Plan(cut)
	if err != nil {
		return nil, err
	}
	made := &plan{p, h.version}
	if kept == nil || kept.version != h.version {
		h.plan.Store(made)
	}
	return made, nil
}
