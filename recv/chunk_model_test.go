// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"maps"
	"slices"

	"github.com/gospead/spead/internal/wire"
)

// chunkModel fills chunks slowly and obviously: chunks and heaps in maps, no slots, no assembler. One
// member with a window as large as the group's is a single stream.
type chunkModel struct {
	layout            modelLayout
	inOrder, lossless bool
	groupWindow       int64
	members           []*modelMember
	head, tail        int64 // of the group
	open              map[int64]*modelChunk
	out               []*modelChunk
}

// modelLayout is what the property test's placement does: items with a time, of which each fills a
// place, heapsPerChunk of them a chunk.
type modelLayout struct {
	heapsPerChunk, heapBytes int64
	packetBytes              int64 // of payload
	packetPresence           bool
}

// modelTime is the item that the placement looks at. Times divisible by modelRejected are rejected.
const (
	modelTime     = 0x1600
	modelRejected = 11
	// modelUnfilled is what chunks are full of beforehand.
	modelUnfilled = 0xee
)

func (l modelLayout) place(p *Placement) {
	ts := p.Items[0]
	if ts%modelRejected == 0 {
		return
	}
	index := ts % l.heapsPerChunk
	p.ChunkID, p.HeapIndex, p.HeapOffset = ts/l.heapsPerChunk, int(index), index*l.heapBytes
	if l.packetPresence {
		p.HeapIndex *= int(l.heapBytes / l.packetBytes)
	}
	p.Extra[0] = byte(ts)
	p.ExtraOffset, p.ExtraSize = int(index), 1
}

// places is how many bytes Present has.
func (l modelLayout) places() int64 {
	if l.packetPresence {
		return l.heapsPerChunk * l.heapBytes / l.packetBytes
	}
	return l.heapsPerChunk
}

type modelChunk struct {
	ID                   int64
	Data, Present, Extra []byte
	Tally                ChunkTally
}

type modelMember struct {
	window, head, tail int64
	heaps              map[uint64]*modelHeap
	tooOld, rejected   int
}

type modelHeap struct {
	got    map[int64]bool // by offset
	chunk  int64          // -1: rejected
	index  int64
	tooOld bool
}

func newChunkModel(layout modelLayout, windows []int, groupWindow int) *chunkModel {
	m := &chunkModel{layout: layout, groupWindow: int64(groupWindow), open: map[int64]*modelChunk{}}
	for _, window := range windows {
		m.members = append(m.members, &modelMember{window: int64(window), heaps: map[uint64]*modelHeap{}})
	}
	return m
}

// take takes a packet that a member has received.
func (m *chunkModel) take(member int, p *wire.Packet, ts int64) {
	s := m.members[member]
	cnt := uint64(p.Cnt)
	h := s.heaps[cnt]
	whole := int64(len(p.Payload)) == p.HeapLength
	if whole {
		h = nil
	}
	if m.inOrder {
		received := int64(0)
		if h != nil {
			received = int64(len(h.got)) * m.layout.packetBytes
		}
		if p.PayloadOffset != received {
			return
		}
	}
	if h == nil {
		h = m.begin(s, ts)
		if !whole {
			s.heaps[cnt] = h
		}
	}
	if h.got[p.PayloadOffset] {
		return
	}
	h.got[p.PayloadOffset] = true
	if c := m.chunkOf(s, h); c != nil {
		copy(c.Data[h.index*m.layout.heapBytes+p.PayloadOffset:], p.Payload)
		if m.layout.packetPresence {
			c.mark(h.index*m.layout.heapBytes/m.layout.packetBytes+p.PayloadOffset/m.layout.packetBytes, len(p.Payload))
		}
	}
	if int64(len(h.got))*m.layout.packetBytes < m.layout.heapBytes {
		return
	}
	if !whole {
		delete(s.heaps, cnt)
	}
	switch c := m.chunkOf(s, h); {
	case c != nil:
		c.Tally.Heaps++
		if !m.layout.packetPresence {
			c.mark(h.index, int(m.layout.heapBytes))
		}
	case h.chunk >= 0 && !h.tooOld:
		s.tooOld++
	}
}

func (c *modelChunk) mark(place int64, bytes int) {
	c.Tally.Bytes += int64(bytes)
	if c.Present[place] == 1 {
		c.Tally.RepeatedPlaces++
	} else {
		c.Tally.PresentPlaces++
	}
	c.Present[place] = 1
}

// chunkOf gives the chunk of a heap, if it is still in the member's window.
func (m *chunkModel) chunkOf(s *modelMember, h *modelHeap) *modelChunk {
	if h.chunk < 0 || h.tooOld || h.chunk < s.head {
		return nil
	}
	return m.open[h.chunk]
}

// begin begins a heap.
func (m *chunkModel) begin(s *modelMember, ts int64) *modelHeap {
	h := &modelHeap{got: map[int64]bool{}, chunk: -1}
	if ts%modelRejected == 0 {
		s.rejected++
		return h
	}
	h.chunk, h.index = ts/m.layout.heapsPerChunk, ts%m.layout.heapsPerChunk
	if h.chunk < s.head {
		h.tooOld = true
		s.tooOld++
		return h
	}
	m.reach(s, h.chunk)
	c := m.open[h.chunk]
	c.Extra[h.index] = byte(ts)
	if h.chunk+1 < s.tail {
		c.Tally.LateHeaps++
	}
	return h
}

// reach moves a member's window, one chunk after the other, and with it those of all others in a
// lossy group.
func (m *chunkModel) reach(s *modelMember, id int64) {
	first := s.tail
	if id-s.tail >= s.window {
		first = id - s.window + 1
		m.leave(s, first)
	}
	for c := first; c <= id; c++ {
		m.leave(s, c-s.window+1)
		if !m.lossless {
			for _, other := range m.members {
				m.leave(other, c-m.groupWindow+1)
			}
		}
		for ; m.tail <= c; m.tail++ {
			m.open[m.tail] = m.newChunk(m.tail)
		}
		s.tail = c + 1
	}
}

func (m *chunkModel) newChunk(id int64) *modelChunk {
	c := &modelChunk{ID: id, Data: make([]byte, m.layout.heapsPerChunk*m.layout.heapBytes),
		Present: make([]byte, m.layout.places()), Extra: make([]byte, m.layout.heapsPerChunk)}
	for _, b := range [][]byte{c.Data, c.Extra} {
		for i := range b {
			b[i] = modelUnfilled
		}
	}
	return c
}

// leave makes a member's window begin at head at least. Heaps that are in progress in what it leaves
// are incomplete.
func (m *chunkModel) leave(s *modelMember, head int64) {
	if head <= s.head {
		return
	}
	for _, h := range s.heaps {
		if h.chunk >= s.head && h.chunk < head && !h.tooOld {
			m.open[h.chunk].Tally.IncompleteHeaps++
		}
	}
	s.head, s.tail = head, max(s.tail, head)
	oldest := m.members[0].head
	for _, member := range m.members {
		oldest = min(oldest, member.head)
	}
	for _, id := range slices.Sorted(maps.Keys(m.open)) {
		if id < oldest {
			m.out = append(m.out, m.open[id])
			delete(m.open, id)
		}
	}
	m.head, m.tail = oldest, max(m.tail, oldest)
}

// end ends a member.
func (m *chunkModel) end(member int) { m.leave(m.members[member], 1<<62) }
