// SPDX-License-Identifier: Apache-2.0

package send

import (
	"github.com/gospead/spead/internal/packetizer"
	"github.com/gospead/spead/internal/wire"
)

// packets walks over the packets of a batch in the batch's order.
type packets struct {
	batch *Batch // nil when there is nothing left
	order Order
	// cursors and after hold one entry per heap of the batch; their memory is kept from batch to batch.
	cursors []packetizer.Cursor
	// after links the heaps that have packets left in a ring: after[i] comes after heap i.
	after []int
	// heap is whose turn it is; before is the heap that precedes it in the ring.
	heap, before int
}

// start begins with a batch. Its heaps were checked when it was queued.
func (p *packets) start(b *Batch) {
	n := len(b.Heaps)
	for len(p.cursors) < n {
		p.cursors = append(p.cursors, packetizer.Cursor{})
		p.after = append(p.after, 0)
	}
	for i := range b.Heaps {
		// An error leaves the cursor at the end of its heap, which next tells.
		_ = p.cursors[i].Start(&b.Heaps[i].Heap.contents, b.results[i].Cnt, b.packetSize)
		p.after[i] = (i + 1) % n
	}
	p.batch, p.order, p.heap, p.before = b, b.Order, 0, n-1
}

// more says whether next has a packet to give.
func (p *packets) more() bool { return p.batch != nil }

// next makes d the next packet and tells whose it is. It returns false if the heap has none, because
// it was changed after it had been checked. Preconditions: more.
func (p *packets) next(d *wire.Datagram, o *owner) bool {
	heap := p.heap
	ok := p.cursors[heap].Next(d)
	d.Substream = p.batch.Heaps[heap].Substream
	*o = owner{batch: p.batch, heap: heap}
	switch {
	case p.cursors[heap].More():
		if p.order == RoundRobin {
			p.before, p.heap = heap, p.after[heap]
		}
	case p.after[heap] == heap:
		o.last = true
		p.batch = nil
	default:
		p.heap = p.after[heap]
		p.after[p.before] = p.heap
	}
	return ok
}
