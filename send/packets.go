// SPDX-License-Identifier: Apache-2.0

package send

import (
	"github.com/gospead/spead/internal/packetizer"
	"github.com/gospead/spead/internal/wire"
)

// packets walks over the packets of a batch in the batch's order.
type packets struct {
	queue *queue // whom to ask for heaps of an unordered batch
	batch *Batch // nil when there is nothing left
	// heap is whose turn it is.
	heap int
	// cursor walks over that heap, unless heaps take turns.
	cursor packetizer.Cursor
	turns  turns
}

// start begins with a batch, at a heap: the first, or one of an unordered batch that was claimed. The
// heaps were checked when the batch was queued.
func (p *packets) start(b *Batch, heap int) {
	p.batch, p.heap = b, heap
	if b.Order == RoundRobin {
		p.turns.start(b)
	} else {
		startCursor(&p.cursor, b, heap)
	}
}

// startCursor puts a cursor before the first packet of a heap, or at its end if it was changed after
// it had been checked, which next tells.
func startCursor(c *packetizer.Cursor, b *Batch, heap int) {
	h, p := b.Heaps[heap].Heap, b.plans[heap]
	if h.version != p.version {
		*c = packetizer.Cursor{}
		return
	}
	c.Start(&h.contents, b.results[heap].Cnt, &p.Plan)
}

// more says whether next has a packet to give.
func (p *packets) more() bool { return p.batch != nil }

// next makes d the next packet and tells whose it is. It returns false if the heap has none, because
// it was changed. Preconditions: more.
func (p *packets) next(d *wire.Datagram, o *owner) bool {
	b := p.batch
	c := &p.cursor
	if b.Order == RoundRobin {
		c = &p.turns.cursors[p.heap]
	}
	ok := c.Next(d)
	d.Substream = b.Heaps[p.heap].Substream
	*o = owner{batch: b, heap: p.heap}
	p.advance(c, o)
	return ok
}

// advance finds out whose turn is next after a packet of cursor c, and whether that was the last one
// of its batch or, of an unordered batch, of its heap.
func (p *packets) advance(c *packetizer.Cursor, o *owner) {
	more := c.More()
	switch {
	case o.batch.Order == RoundRobin:
		p.heap, o.last = p.turns.next(p.heap, more)
	case more:
	case o.batch.Order == Unordered:
		o.last = true
		// The present heap isn't finished, so that the batch is still the one that is shared.
		if heap, ok := p.queue.claim(o.batch); ok {
			p.start(o.batch, heap)
			return
		}
	default:
		p.heap++
		o.last = p.heap == len(o.batch.Heaps)
		if !o.last {
			startCursor(c, o.batch, p.heap)
		}
	}
	if o.last {
		p.batch = nil
	}
}

// turns is whose turn it is when heaps send a packet each in turn.
type turns struct {
	// cursors and after hold one entry per heap of the batch; their memory is kept from batch to batch.
	cursors []packetizer.Cursor
	// after links the heaps that have packets left in a ring: after[i] comes after heap i.
	after []int
	// before is the heap that precedes the one whose turn it is.
	before int
}

func (t *turns) start(b *Batch) {
	n := len(b.Heaps)
	for len(t.cursors) < n {
		t.cursors = append(t.cursors, packetizer.Cursor{})
		t.after = append(t.after, 0)
	}
	for i := range b.Heaps {
		startCursor(&t.cursors[i], b, i)
		t.after[i] = (i + 1) % n
	}
	t.before = n - 1
}

// next gives the heap whose turn is after the present one's, which has more packets or not; last says
// that no heap has.
func (t *turns) next(heap int, more bool) (following int, last bool) {
	following = t.after[heap]
	switch {
	case more:
		t.before = heap
	case following == heap:
		return heap, true
	default:
		t.after[t.before] = following
	}
	return following, false
}
