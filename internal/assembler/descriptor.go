// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"bytes"
	"iter"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// Descriptors gives the descriptors in the heap, in the order of their items. As in spead2, the
// packets in each DESCRIPTOR item go through an assembler of the heap's own, in order and with one
// slot; each complete heap of it is a descriptor if it has an immediate DESCRIPTOR_ID that isn't 0.
// An item's bytes from the first bad packet on are ignored, and so are all descriptors from a stop
// item on.
//
// The byte strings alias the heap's memory or are the caller's to keep; formats and shapes are the
// caller's. Preconditions: the heap is finished.
func (h *Heap) Descriptors() iter.Seq[spead.RawDescriptor] {
	return func(yield func(spead.RawDescriptor) bool) {
		var inner *Assembler
		for item := range h.Items() {
			if item.ID != spead.DescriptorID {
				continue
			}
			if inner == nil {
				inner = New(Config{MaxHeaps: 1, BugCompat: h.bug, MaxItems: h.maxItems}, insidePlacer{})
			}
			if !inner.readDescriptors(item.Value, yield) {
				return
			}
		}
	}
}

// readDescriptors gives the descriptors in the packets in b. It returns false if the caller wants no
// more.
func (a *Assembler) readDescriptors(b []byte, yield func(spead.RawDescriptor) bool) bool {
	var p wire.Packet
	for !a.Stopped() {
		size, refusal := p.Decode(b)
		if refusal != spead.Accepted {
			break
		}
		b = b[size:]
		a.Add(&p)
		if !a.yieldDescriptors(yield) {
			return false
		}
	}
	a.Flush()
	return a.yieldDescriptors(yield)
}

func (a *Assembler) yieldDescriptors(yield func(spead.RawDescriptor) bool) bool {
	for h := a.Next(); h != nil; h = a.Next() {
		var d spead.RawDescriptor
		if h.Complete() && h.End() != StopItem {
			d = h.asDescriptor()
		}
		a.Recycle(h)
		if d.ID != 0 && !yield(d) {
			return false
		}
	}
	return true
}

// asDescriptor reads a heap that describes an item. What comes twice counts with what comes last,
// but for formats and shapes, which go on; a numpy header replaces both.
func (h *Heap) asDescriptor() spead.RawDescriptor {
	var d spead.RawDescriptor
	for item := range h.Items() {
		value := item.Value
		if len(value) == 0 {
			continue // it says nothing, and doesn't replace what another one says
		}
		if item.Immediate {
			value = bytes.Clone(value) // the heap is going to be recycled
		}
		switch item.ID {
		case spead.DescriptorIDID:
			if item.Immediate {
				d.ID = spead.ItemID(item.Number)
			}
		case spead.DescriptorNameID:
			d.Name = value
		case spead.DescriptorDescriptionID:
			d.Description = value
		case spead.DescriptorFormatID:
			d.Format = wire.AppendFormat(d.Format, value, h.Flavour())
		case spead.DescriptorShapeID:
			d.Shape = wire.AppendShape(d.Shape, value, h.Flavour())
		case spead.DescriptorDTypeID:
			d.NumpyHeader = value
		}
	}
	if len(d.NumpyHeader) > 0 {
		d.Format, d.Shape = nil, nil
	}
	return d
}

// insidePlacer gives memory for heaps whose packets are in memory that outlives them: a heap in one
// packet stays where it is. Packets come in order, so that no more is ever needed than came.
type insidePlacer struct{}

func (insidePlacer) Place(p *wire.Packet, h *Heap, need int64) ([]byte, spead.Refusal) {
	if need == int64(len(p.Payload)) {
		return p.Payload, spead.Accepted
	}
	return make([]byte, max(need, 2*int64(len(h.Payload())))), spead.Accepted
}

func (insidePlacer) Free([]byte) {}
