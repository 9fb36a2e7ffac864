// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"sync"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/wire"
)

// sparesMax is how many pieces of memory are kept for heaps to come.
const sparesMax = 64

// memory is where the payload of a side's heaps goes.
type memory struct {
	// limit is for heaps in progress, of which held is the present size, in bytes.
	limit, held int64

	mu     sync.Mutex // guards spares: heaps are given back by another goroutine
	spares [][]byte
}

// Place gives memory as payload arrives, twice as much each time.
func (m *memory) Place(_ *wire.Packet, h *assembler.Heap, need int64) ([]byte, spead.Refusal) {
	if need == 0 {
		need = 1
	}
	size := max(need, int64(2*len(h.Payload())))
	if m.held+size > m.limit {
		return nil, spead.RefusedMemoryLimit
	}
	m.held += size
	return m.take(int(size)), spead.Accepted
}

// take gives memory of the size, used before if there is some of it on top.
func (m *memory) take(size int) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.spares); n > 0 && cap(m.spares[n-1]) >= size {
		b := m.spares[n-1]
		m.spares = m.spares[:n-1]
		return b[:size]
	}
	return make([]byte, size)
}

// Free takes back memory that a heap in progress has outgrown.
func (m *memory) Free(b []byte) {
	m.finished(b)
	m.give(b)
}

// finished is told that memory belongs to a heap that isn't in progress any more.
func (m *memory) finished(b []byte) { m.held -= int64(len(b)) }

// give takes back a finished heap's memory.
func (m *memory) give(b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if cap(b) > 0 && len(m.spares) < sparesMax {
		m.spares = append(m.spares, b)
	}
}
