// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"math/bits"

	"github.com/gospead/spead/internal/mem"
)

// Buffers come in four sizes per power of two, from minClassBytes on, so that at most a quarter is
// unused.
const (
	minClassBytes = 256
	classCount    = 4 * 56
)

// pool keeps payload memory for reuse. What was given back last is handed out first, since it is
// still in the cache.
type pool struct {
	bytesMax int64
	huge     bool

	free    [classCount][][]byte
	bytes   int64 // in free
	dropped int64 // buffers that there was no room for
}

// reserve fills the pool with buffers whose pages are all present.
func (p *pool) reserve(r Reserve) {
	size := int(classBytes(classOf(r.HeapBytes)))
	for range r.Heaps {
		p.push(mem.Alloc(size, mem.Options{Huge: p.huge, Present: true}))
	}
}

// fresh gives a new buffer.
func (p *pool) fresh(size int64) []byte { return mem.Alloc(int(size), mem.Options{Huge: p.huge}) }

// pop takes a buffer of a class, or gives nil.
func (p *pool) pop(class int) []byte {
	list := p.free[class]
	if len(list) == 0 {
		return nil
	}
	b := list[len(list)-1]
	list[len(list)-1] = nil
	p.free[class] = list[:len(list)-1]
	p.bytes -= int64(cap(b))
	return b[:cap(b)]
}

// push keeps a buffer if there is room.
func (p *pool) push(b []byte) {
	size := int64(cap(b))
	if p.bytes+size > p.bytesMax {
		p.dropped++
		return
	}
	p.bytes += size
	class := classOf(size)
	p.free[class] = append(p.free[class], b)
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
