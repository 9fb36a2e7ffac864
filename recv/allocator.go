// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"math"
	"sync"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/mem"
	"github.com/gospead/spead/internal/wire"
)

// freshMax is how much new memory a heap gets at once on its word alone. Longer heaps get what the
// pool has already, or grow as their payload arrives: what a packet claims must cost nothing.
const freshMax = 1 << 20

// Allocator gives payload memory in place of the stream's own pool: memory of a device, say, or memory
// that is part of something larger. Allocate is called by whoever reads the sources, Free by whoever
// releases a heap, possibly at the same time. They must not call the stream's methods, but for Count.
type Allocator interface {
	// Allocate gives at least size bytes for a heap, of which first is the first packet to be accepted:
	// size is the heap's length if the packet tells it, otherwise what the payload needs so far. nil
	// refuses the packet for RefusedMemoryLimit.
	Allocate(size int64, first PacketHeader) []byte
	// Free takes back memory that Allocate gave.
	Free(memory []byte)
}

// allocator gives payload memory to heaps in progress and takes it back: the assembler's Placer.
type allocator struct {
	maxLength, maxMemory int64
	user                 Allocator // nil: the pool
	// whole gives heaps all their memory at once: what is placed by Config.Scatter can't be moved.
	whole   bool
	scatter func(memory []byte, h PacketHeader, offset int64, part []byte)

	// mu guards what comes back from consumers.
	mu       sync.Mutex
	pool     mem.Pool
	released []*Heap

	// The rest is guarded by the stream's baton. held counts the bytes of buffers with heaps in progress
	// or queued, and heldMax is the most that there were.
	held, heldMax int64
	hits, misses  int64
}

// Place gives a heap memory for at least need bytes.
func (a *allocator) Place(p *wire.Packet, h *assembler.Heap, need int64) ([]byte, spead.Refusal) {
	length := h.Length()
	if need > a.maxLength || length > a.maxLength || need > math.MaxInt {
		return nil, spead.RefusedHeapLimit
	}
	if a.user != nil || a.whole {
		return a.placeWhole(p, h, max(need, length))
	}
	have := int64(cap(h.Payload()))
	if length >= need {
		if b := a.recycle(mem.ClassOf(length)); b != nil {
			return b, spead.Accepted
		}
		need = max(need, min(length, max(freshMax, 2*have)))
	} else {
		need = max(need, min(2*have, a.maxLength))
	}
	class := mem.ClassOf(need)
	if b := a.recycle(class); b != nil {
		return b, spead.Accepted
	}
	size := mem.ClassBytes(class)
	if size > math.MaxInt || a.held+size > a.maxMemory {
		return nil, spead.RefusedMemoryLimit
	}
	a.misses++
	a.hold(size)
	return a.pool.Fresh(size), spead.Accepted
}

// placeWhole gives a heap size bytes, all that it will ever have.
func (a *allocator) placeWhole(p *wire.Packet, h *assembler.Heap, size int64) ([]byte, spead.Refusal) {
	grows := h.Payload() != nil
	if a.held+size > a.maxMemory || grows && a.whole {
		return nil, spead.RefusedMemoryLimit
	}
	var b []byte
	if a.user != nil {
		if grows {
			size = max(size, min(2*int64(cap(h.Payload())), a.maxLength))
		}
		b = a.user.Allocate(size, PacketHeader{p})
	} else if b = a.recycle(mem.ClassOf(size)); b != nil {
		return b, spead.Accepted
	} else {
		b = a.pool.Fresh(mem.ClassBytes(mem.ClassOf(size)))
	}
	if int64(len(b)) < size {
		return nil, spead.RefusedMemoryLimit
	}
	a.misses++
	a.hold(int64(cap(b)))
	return b, spead.Accepted
}

// recycle takes a buffer of a class from the pool, or gives nil.
func (a *allocator) recycle(class int) []byte {
	size := mem.ClassBytes(class)
	if a.held+size > a.maxMemory {
		return nil
	}
	a.mu.Lock()
	b := a.pool.Pop(class)
	a.mu.Unlock()
	if b != nil {
		a.hits++
		a.hold(size)
	}
	return b
}

func (a *allocator) hold(bytes int64) {
	a.held += bytes
	a.heldMax = max(a.heldMax, a.held)
}

// Free takes back the memory of a heap that nobody was handed.
func (a *allocator) Free(b []byte) {
	a.held -= int64(cap(b))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.giveBack(b)
}

// giveBack puts memory where it came from. Preconditions: mu is held.
func (a *allocator) giveBack(b []byte) {
	switch {
	case cap(b) == 0:
	case a.user != nil:
		a.user.Free(b)
	default:
		a.pool.Push(b)
	}
}

// handOver says that b is now the consumer's and no longer counts.
func (a *allocator) handOver(b []byte) { a.held -= int64(cap(b)) }

// release takes a heap and its memory back from the consumer.
func (a *allocator) release(h *Heap) {
	b := h.inner.TakePayload()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.giveBack(b)
	a.released = append(a.released, h)
}

// takeReleased appends the heaps that consumers have released since the last time to dst.
func (a *allocator) takeReleased(dst []*Heap) []*Heap {
	a.mu.Lock()
	defer a.mu.Unlock()
	dst = append(dst, a.released...)
	clear(a.released)
	a.released = a.released[:0]
	return dst
}

// stats gives the figures. Preconditions: the baton is held.
func (a *allocator) stats() MemoryStats {
	a.mu.Lock()
	defer a.mu.Unlock()
	return MemoryStats{Held: a.held, HeldMax: a.heldMax, Pooled: a.pool.Bytes(), Hits: a.hits, Misses: a.misses, Dropped: a.pool.Dropped()}
}

// scatterer is an allocator for streams with Config.Scatter.
type scatterer struct {
	*allocator
}

// Copy has the user put payload in its place.
func (s scatterer) Copy(h *assembler.Heap, p *wire.Packet, offset int64, part []byte) {
	s.scatter(h.Payload(), PacketHeader{p}, offset, part)
}

// PacketHeader is what a packet says of itself and its heap, to those who decide where its payload
// goes. It is valid during the call that it was given to.
type PacketHeader struct {
	packet *wire.Packet
}

// Cnt is the identifier of the packet's heap.
func (h PacketHeader) Cnt() spead.HeapCnt { return h.packet.Cnt }

// AddressBits are the flavour's heap address bits: 48 in SPEAD-64-48.
func (h PacketHeader) AddressBits() int { return h.packet.AddressBits }

// HeapLength is the heap's payload in bytes, or -1 if the packet doesn't tell.
func (h PacketHeader) HeapLength() int64 { return h.packet.HeapLength }

// PayloadOffset is where the packet's payload belongs in the heap's, in bytes.
func (h PacketHeader) PayloadOffset() int64 { return h.packet.PayloadOffset }

// PayloadLength is the packet's payload in bytes.
func (h PacketHeader) PayloadLength() int { return len(h.packet.Payload) }

// Immediate gives the value of an immediate item of the packet, the last if there are several; false
// if it has none. The special items, with ids up to 4, are told by the other methods.
func (h PacketHeader) Immediate(id spead.ItemID) (value uint64, ok bool) {
	bits := h.packet.AddressBits
	for i := range h.packet.PointerCount() {
		if p := h.packet.Pointer(i); p.Immediate() && p.ID(bits) == id {
			value, ok = p.Value(bits), true
		}
	}
	return value, ok
}
