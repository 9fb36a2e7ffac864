// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"iter"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

const (
	defaultMaxHeaps   = 4
	defaultSubstreams = 1
	defaultMaxItems   = 65536
	// More gaps than this no heap recovers from, and moving 16 bytes for each of them when one comes
	// before them all takes a few microseconds.
	defaultMaxRanges = 16384
)

// Config configures an Assembler. The zero value is what spead2 does by default.
type Config struct {
	// MaxHeaps is how many heaps each substream has slots for. At least 1; default (0) 4.
	MaxHeaps int
	// Substreams divides heaps by their cnt modulo this number. At least 1; default (0) 1.
	Substreams int
	// RequireHeapLength refuses packets without HEAP_LENGTH. Default false.
	RequireHeapLength bool
	// AllowOutOfOrder takes the packets of a heap in any order. Default false.
	AllowOutOfOrder bool
	// MergeOverlaps takes from a packet that overlaps what was received, out of order, the bytes that
	// are new. Default false: it is refused, as in spead2.
	MergeOverlaps bool
	// KeepStop makes stop items like any other: no heap ends as StopItem, and the assembler never
	// stops. Default false.
	KeepStop bool
	// RepeatedCnt says that several heaps may have the same cnt, one after the other: a packet that begins
	// a heap which has begun already gives that up and begins another. Default false.
	RepeatedCnt bool
	// BugCompat is what heaps report in their flavour, and how descriptors are read. Default: nothing.
	BugCompat spead.BugCompat
	// MaxHeapLength refuses packets of heaps longer than this, in bytes of payload. Default (0): no
	// limit but the Placer's.
	MaxHeapLength int64
	// MaxItems is how many different item pointers a heap may have. Default (0) 65536.
	MaxItems int
	// MaxRanges is into how many parts the payload received of a heap may be divided by gaps. Packets
	// that would make more are refused for RefusedMemoryLimit. Default (0) 16384.
	MaxRanges int
}

// Assembler makes heaps of packets. One goroutine may use it at a time.
type Assembler struct {
	cfg      Config
	placer   Placer
	copier   Copier // the placer, if it is one
	table    table
	counters Counters
	stopped  bool
	// finished holds, from taken on, the heaps that Next gives.
	finished []*Heap
	taken    int
	spare    []*Heap // recycled
}

// New returns an assembler without heaps. Preconditions: nothing in cfg is negative.
func New(cfg Config, placer Placer) *Assembler {
	setDefault(&cfg.MaxHeaps, defaultMaxHeaps)
	setDefault(&cfg.Substreams, defaultSubstreams)
	setDefault(&cfg.MaxItems, defaultMaxItems)
	setDefault(&cfg.MaxRanges, defaultMaxRanges)
	copier, _ := placer.(Copier)
	return &Assembler{cfg: cfg, placer: placer, copier: copier, table: newTable(cfg.MaxHeaps, cfg.Substreams)}
}

func setDefault(field *int, value int) {
	if *field == 0 {
		*field = value
	}
}

// Add takes a packet, which may finish up to two heaps: the one that it completes, and the one whose
// slot it needs. A packet that is refused changes nothing but Counters.SearchDist. The packet's
// memory isn't kept.
func (a *Assembler) Add(p *wire.Packet) spead.Refusal {
	switch {
	case a.stopped:
		return spead.RefusedStopped
	case p.HeapLength == wire.Unsized && a.cfg.RequireHeapLength:
		return spead.RefusedUnsized
	case p.HeapLength == int64(len(p.Payload)):
		// It is a heap by itself. As in spead2, it has nothing to do with any other of its cnt.
		return a.start(p, 1)
	}
	h, steps := a.table.find(p.Cnt)
	a.counters.SearchDist += steps
	if h == nil {
		return a.start(p, 0)
	}
	refusal := a.take(h, p)
	switch {
	case refusal == spead.Accepted:
		if a.stopped = h.stop && !a.cfg.KeepStop; h.whole() {
			a.table.remove(h)
			a.complete(h)
		}
	case a.cfg.RepeatedCnt && p.PayloadOffset == 0:
		return a.restart(h, p, refusal)
	}
	return refusal
}

// MakeRoom is for when Add refused a packet for RefusedMemoryLimit. Unless it belongs to a heap in
// progress, MakeRoom evicts the oldest heap of its substream, as accepting it may have done: otherwise
// heaps whose rest never comes could hold all memory for ever. It says whether it has; when the heap's
// memory is free, the packet may be added again.
func (a *Assembler) MakeRoom(p *wire.Packet) bool {
	if p.HeapLength != int64(len(p.Payload)) {
		if h, _ := a.table.find(p.Cnt); h != nil {
			return false
		}
	}
	h := a.table.oldest(p.Cnt)
	if h == nil {
		return false
	}
	a.table.remove(h)
	a.counters.HeapsEvicted++
	a.finish(h, Evicted)
	return true
}

// Live gives the heaps in progress, in no particular order.
func (a *Assembler) Live() iter.Seq[*Heap] {
	return func(yield func(*Heap) bool) {
		for _, h := range a.table.slots {
			if h != nil && !yield(h) {
				return
			}
		}
	}
}

// start makes a heap of its first packet. singles is what that adds to SinglePacketHeaps.
func (a *Assembler) start(p *wire.Packet, singles int64) spead.Refusal {
	if !a.cfg.AllowOutOfOrder && p.PayloadOffset != 0 {
		return spead.RefusedNoHeap
	}
	h := a.newHeap(p)
	if refusal := a.take(h, p); refusal != spead.Accepted {
		a.Recycle(h)
		return refusal
	}
	slot, evicted := a.table.take(h.cnt)
	if evicted != nil {
		a.counters.HeapsEvicted++
		a.finish(evicted, Evicted)
	}
	a.counters.HeapsStarted++
	a.counters.LiveHeaps++
	a.counters.SinglePacketHeaps += singles
	a.stopped = h.stop && !a.cfg.KeepStop
	if h.whole() {
		a.complete(h) // it has had its turn in the slot, which stays empty
		return spead.Accepted
	}
	a.table.insert(h, slot)
	return spead.Accepted
}

// complete finishes a heap of which nothing is missing and that isn't in the table.
func (a *Assembler) complete(h *Heap) {
	if a.stopped {
		a.counters.HeapsStopped++
		a.finish(h, StopItem)
	} else {
		a.counters.HeapsCompleted++
		a.finish(h, Completed)
	}
}

// finish queues a heap that was removed from the table for Next.
func (a *Assembler) finish(h *Heap, end End) {
	h.end = end
	a.counters.LiveHeaps--
	a.counters.LiveBytes -= h.received
	a.finished = append(a.finished, h)
}

// Next gives the finished heaps, each once, in the order in which they were finished; nil if there is
// none. The heap and its payload memory are the caller's from then on.
func (a *Assembler) Next() *Heap {
	if a.taken == len(a.finished) {
		a.finished, a.taken = a.finished[:0], 0
		return nil
	}
	h := a.finished[a.taken]
	a.finished[a.taken] = nil
	a.taken++
	return h
}

// Flush finishes all heaps in progress: substream by substream, the oldest of each first.
func (a *Assembler) Flush() {
	for substream := range a.cfg.Substreams {
		for range a.cfg.MaxHeaps {
			if h := a.table.slots[a.table.advance(substream)]; h != nil {
				a.table.remove(h)
				a.counters.HeapsFlushed++
				a.finish(h, Flushed)
			}
		}
	}
}

// Stopped says whether a stop item was accepted, complete or not as its heap may be. All further
// packets are refused; heaps in progress can be flushed.
func (a *Assembler) Stopped() bool { return a.stopped }

// Resume has packets accepted again after a stop item, of which more came by other ways.
func (a *Assembler) Resume() { a.stopped = false }

// Counters returns what was done so far.
func (a *Assembler) Counters() Counters { return a.counters }

// HeapsStarted is Counters.HeapsStarted by itself.
func (a *Assembler) HeapsStarted() int64 { return a.counters.HeapsStarted }

// LiveBytes is the payload received of heaps in progress, in bytes.
func (a *Assembler) LiveBytes() int64 { return a.counters.LiveBytes }

// Recycle takes back a heap that Next gave, to be used again. Its payload memory isn't freed. The
// heap and what it gave access to, but for that memory, must not be used any more.
func (a *Assembler) Recycle(h *Heap) {
	h.reset()
	a.spare = append(a.spare, h)
}

// newHeap gives a heap that has no packet yet, but the properties that p's has.
func (a *Assembler) newHeap(p *wire.Packet) *Heap {
	var h *Heap
	if n := len(a.spare); n > 0 {
		h, a.spare = a.spare[n-1], a.spare[:n-1]
	} else {
		h = &Heap{}
		h.length = wire.Unsized
	}
	h.cnt, h.addressBits = p.Cnt, p.AddressBits
	h.bug, h.maxItems = a.cfg.BugCompat, a.cfg.MaxItems
	return h
}
