// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"math"
	"math/bits"
	"sync"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/wire"
)

const (
	// freshMax is how much new memory a heap gets at once on its word alone. Longer heaps get what the
	// pool has already, or grow as their payload arrives: what a packet claims must cost nothing.
	freshMax = 1 << 20
	// Buffers come in four sizes per power of two, from minClassBytes on, so that at most a quarter is
	// unused.
	minClassBytes = 256
	classCount    = 4 * 56
)

// allocator gives payload memory to heaps in progress and takes it back: the assembler's Placer.
// Buffers that were given back last are handed out first, since they are still in the cache.
type allocator struct {
	maxLength, maxMemory, maxPool int64

	// mu guards everything below: memory comes back from consumers.
	mu       sync.Mutex
	free     [classCount][][]byte
	pooled   int64   // bytes in free
	released []*Heap // by consumers

	// held counts the bytes of buffers with heaps in progress or queued. It is guarded by the stream's
	// baton.
	held int64
}

// Place gives a heap memory for at least need bytes.
func (a *allocator) Place(_ *wire.Packet, h *assembler.Heap, need int64) ([]byte, spead.Refusal) {
	if need > a.maxLength || h.Length() > a.maxLength || need > math.MaxInt {
		return nil, spead.RefusedHeapLimit
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if whole := h.Length(); whole >= need {
		if b := a.pop(classOf(whole)); b != nil {
			return b, spead.Accepted
		}
		need = max(need, min(whole, max(freshMax, 2*int64(cap(h.Payload())))))
	} else {
		need = max(need, min(2*int64(cap(h.Payload())), a.maxLength))
	}
	class := classOf(need)
	if b := a.pop(class); b != nil {
		return b, spead.Accepted
	}
	size := classBytes(class)
	if size > math.MaxInt || a.held+size > a.maxMemory {
		return nil, spead.RefusedMemoryLimit
	}
	a.held += size
	return make([]byte, size), spead.Accepted
}

// Free takes back the memory of a heap that nobody was handed.
func (a *allocator) Free(b []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held -= int64(cap(b))
	a.push(b)
}

// handOver says that b is now the consumer's and no longer counts.
func (a *allocator) handOver(b []byte) { a.held -= int64(cap(b)) }

// release takes a heap and its memory back from the consumer.
func (a *allocator) release(h *Heap) {
	b := h.inner.TakePayload()
	a.mu.Lock()
	a.push(b)
	a.released = append(a.released, h)
	a.mu.Unlock()
}

// takeReleased appends the heaps that consumers have released since the last time to dst.
func (a *allocator) takeReleased(dst []*Heap) []*Heap {
	a.mu.Lock()
	dst = append(dst, a.released...)
	clear(a.released)
	a.released = a.released[:0]
	a.mu.Unlock()
	return dst
}

// pop takes a buffer of a class from the pool, or gives nil. Preconditions: mu is held.
func (a *allocator) pop(class int) []byte {
	list := a.free[class]
	if len(list) == 0 {
		return nil
	}
	b := list[len(list)-1]
	if a.held+int64(cap(b)) > a.maxMemory {
		return nil
	}
	list[len(list)-1] = nil
	a.free[class] = list[:len(list)-1]
	a.pooled -= int64(cap(b))
	a.held += int64(cap(b))
	return b[:cap(b)]
}

// push puts a buffer into the pool if there is room. Preconditions: mu is held.
func (a *allocator) push(b []byte) {
	size := int64(cap(b))
	if size == 0 || a.pooled+size > a.maxPool {
		return
	}
	a.pooled += size
	class := classOf(size)
	a.free[class] = append(a.free[class], b)
}

// classOf gives the smallest class whose buffers hold n bytes.
func classOf(n int64) int {
	if n <= minClassBytes {
		return 0
	}
	quarters := (n - 1) >> (bits.Len64(uint64(n-1)) - 3) // 4 to 7: n-1 in quarters of its power of two
	octave := bits.Len64(uint64(n-1)) - bits.Len64(minClassBytes)
	return octave*4 + int(quarters) - 4 + 1
}

// classBytes is the size of a class's buffers; classOf(classBytes(c)) is c.
func classBytes(class int) int64 {
	if class == 0 {
		return minClassBytes
	}
	octave, quarter := (class-1)/4, (class-1)%4
	return (5 + int64(quarter)) * (minClassBytes / 4) << octave
}
