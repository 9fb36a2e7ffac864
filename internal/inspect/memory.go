// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/wire"
)

const (
	// spareMost is how many pieces of memory are kept for the next heaps.
	spareMost = 16
	// leastPiece is the smallest piece of memory, in bytes.
	leastPiece = 4 << 10
)

// memory is the payload memory of all streams, as an assembler's Placer.
type memory struct {
	// limit bounds held, which is all memory in use and in spare, in bytes.
	limit, held int64
	spare       [][]byte
}

// Place gives memory for a heap: none, if there is no room for it. A packet that is a heap by itself
// stays where it is, as the heap is looked at before the packet goes.
func (m *memory) Place(p *wire.Packet, h *assembler.Heap, need int64) ([]byte, spead.Refusal) {
	if p.HeapLength == int64(len(p.Payload)) && h.MinLength() == p.HeapLength {
		return p.Payload, spead.Accepted
	}
	if need == 0 {
		return []byte{}, spead.Accepted
	}
	for i, b := range m.spare {
		if int64(len(b)) >= need {
			m.spare[i] = m.spare[len(m.spare)-1]
			m.spare = m.spare[:len(m.spare)-1]
			return b, spead.Accepted
		}
	}
	// Twice what there was, as what a heap says of its length needn't be true.
	size := max(need, 2*int64(len(h.Payload())), leastPiece)
	for m.held+size > m.limit && len(m.spare) > 0 {
		m.drop()
	}
	if m.held+size > m.limit {
		size = need
	}
	if m.held+size > m.limit {
		return nil, spead.Accepted
	}
	m.held += size
	return make([]byte, size), spead.Accepted
}

// drop leaves a spare piece to the garbage collector.
func (m *memory) drop() {
	last := len(m.spare) - 1
	m.held -= int64(len(m.spare[last]))
	m.spare[last] = nil
	m.spare = m.spare[:last]
}

// Free takes memory back that Place gave, but for packets.
func (m *memory) Free(b []byte) {
	if len(b) == 0 {
		return
	}
	if len(m.spare) == spareMost {
		m.drop()
	}
	m.spare = append(m.spare, b)
}
