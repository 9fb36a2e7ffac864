// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"sync"

	"github.com/gospead/spead/internal/mem"
)

// block is a piece of memory with records.
type block struct{ data []byte }

// pool has the blocks that nobody uses. Memory is taken when it is first needed, and the block that was
// used last is used next, while it is in the processor's cache.
type pool struct {
	size int
	mu   sync.Mutex
	left int // blocks that may still be made
	free []*block
}

// take gives an empty block; nil if all are in use.
func (p *pool) take() *block {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	if p.left == 0 {
		return nil
	}
	p.left--
	return &block{mem.Alloc(p.size, mem.Options{Huge: true})[:0]}
}

// give takes a block back.
func (p *pool) give(b *block) {
	b.data = b.data[:0]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, b)
}
