// SPDX-License-Identifier: Apache-2.0

package mem

import "math/bits"

// Buffers come in four sizes per power of two, from minClassBytes on, so that at most a quarter is
// unused.
const (
	minClassBytes = 256
	classCount    = 4 * 56
)

// Pool keeps buffers for reuse, by size: each is of a class. What was given back last is handed out
// first, since it is still in the cache. One goroutine may use it at a time.
type Pool struct {
	// BytesMax bounds the bytes in the pool.
	BytesMax int64
	// Huge is Options.Huge of new buffers.
	Huge bool

	free    [classCount][][]byte
	bytes   int64 // in free
	dropped int64 // buffers that there was no room for
}

// Reserve fills the pool with buffers of at least size bytes whose pages are all present.
func (p *Pool) Reserve(size int64, buffers int) {
	size = ClassBytes(ClassOf(size))
	for range buffers {
		p.Push(Alloc(int(size), Options{Huge: p.Huge, Present: true}))
	}
}

// Fresh gives a new buffer.
func (p *Pool) Fresh(size int64) []byte { return Alloc(int(size), Options{Huge: p.Huge}) }

// Bytes is how many bytes are in the pool.
func (p *Pool) Bytes() int64 { return p.bytes }

// Dropped is how many buffers there was no room for.
func (p *Pool) Dropped() int64 { return p.dropped }

// Pop takes a buffer of a class, or gives nil.
func (p *Pool) Pop(class int) []byte {
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

// Push keeps a buffer if there is room.
func (p *Pool) Push(b []byte) {
	size := int64(cap(b))
	if p.bytes+size > p.BytesMax {
		p.dropped++
		return
	}
	p.bytes += size
	class := ClassOf(size)
	p.free[class] = append(p.free[class], b)
}

// ClassOf gives the smallest class whose buffers hold n bytes.
func ClassOf(n int64) int {
	if n <= minClassBytes {
		return 0
	}
	quarters := (n - 1) >> (bits.Len64(uint64(n-1)) - 3) // 4 to 7: n-1 in quarters of its power of two
	octave := bits.Len64(uint64(n-1)) - bits.Len64(minClassBytes)
	return octave*4 + int(quarters) - 4 + 1
}

// ClassBytes is the size of a class's buffers; ClassOf(ClassBytes(c)) is c.
func ClassBytes(class int) int64 {
	if class == 0 {
		return minClassBytes
	}
	octave, quarter := (class-1)/4, (class-1)%4
	return (5 + int64(quarter)) * (minClassBytes / 4) << octave
}
