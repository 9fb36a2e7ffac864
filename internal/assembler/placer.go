// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// Placer says where the payload of heaps goes. It owns the memory's policy and limits.
type Placer interface {
	// Place gives memory for at least the first need bytes of h's payload. It is called when the first
	// packet of a heap with payload is about to be accepted (need is 0 if that packet has none), and
	// again whenever h.Payload is too short; p is the packet that causes it, of which h has the heap
	// length already. need is never more than where payload that has come ends. What is given beyond
	// need saves calls.
	//
	// The memory may be h.Payload made longer. If it is other memory, the assembler copies what it has
	// received, then calls Free with the old. What the memory holds doesn't matter.
	//
	// A refusal other than spead.Accepted refuses the packet. Fewer than need bytes, or nil, with
	// spead.Accepted mean that this heap's payload is not kept: the heap goes through all its states,
	// but has no contents and no addressed items.
	Place(p *wire.Packet, h *Heap, need int64) ([]byte, spead.Refusal)
	// Free takes back memory that a heap in progress has outgrown. Memory of finished heaps is the
	// business of whoever takes them with Assembler.Next.
	Free(b []byte)
}

// Copier is a Placer that puts payload in its place itself, instead of having it copied to where it
// stands in the heap. What the memory holds then is the Copier's business: all memory has to be given
// at once, since what was received isn't moved.
type Copier interface {
	Placer
	// Copy stores part, bytes of p's payload that begin at offset in the heap's payload. Each byte of a
	// heap comes at most once.
	Copy(h *Heap, p *wire.Packet, offset int64, part []byte)
}

// Note is what a Placer keeps with a heap, to know the heap by when it is finished. The assembler only
// carries it, zero at first, until Recycle.
type Note struct {
	// Number and Place say where the heap was put, and Kept how many bytes of it.
	Number int64
	Place  int
	Kept   int64
	// State is what has become of the heap in the Placer's eyes.
	State uint8
}

// Note is the Placer's note on the heap, for the Placer to read and write.
func (h *Heap) Note() *Note { return &h.placed }

// reserve sees to it that there is memory for the payload of a packet that ends at end.
func (a *Assembler) reserve(h *Heap, p *wire.Packet, end int64) spead.Refusal {
	need := end
	if len(p.Payload) == 0 {
		need = 0
	}
	first := h.payload == nil && h.minLength > 0
	if h.unkept || need <= int64(len(h.payload)) && !first {
		return spead.Accepted
	}
	memory, refusal := a.placer.Place(p, h, need)
	if refusal != spead.Accepted {
		return refusal
	}
	if int64(len(memory)) < need {
		memory = nil
	}
	h.unkept = memory == nil
	old := h.payload
	h.payload = memory
	if cap(old) == 0 || sameMemory(old, memory) {
		return spead.Accepted
	}
	if memory != nil {
		for start, end := range h.filled() {
			copy(memory[start:end], old[start:end])
		}
	}
	a.placer.Free(old)
	return spead.Accepted
}

// sameMemory says whether two slices begin at the same byte.
func sameMemory(a, b []byte) bool {
	return cap(a) > 0 && cap(b) > 0 && &a[:1][0] == &b[:1][0]
}
