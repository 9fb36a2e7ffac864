// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"context"
	"sync"
	"sync/atomic"
)

// chunkState says whose a chunk is.
type chunkState uint8

const (
	// chunkUsers: the user's, as a chunk is that the stream has never seen.
	chunkUsers chunkState = iota
	// chunkFree: the pool's, to be filled.
	chunkFree
	// chunkFilling: a window's.
	chunkFilling
	// chunkReady: finished, waiting for the user.
	chunkReady
)

// chunkPool holds the chunks that nobody is filling: those to be filled next, and those finished that
// the user hasn't taken. The ones that came back last are filled first, since they are still in the
// cache; finished ones are handed over in order.
type chunkPool struct {
	fresh  func(id int64) *Chunk // instead of free, or nil
	handTo func(*Chunk)          // instead of ready, or nil
	// notEmpty wakes one consumer; it holds at most one token.
	notEmpty chan struct{}
	// refilled is called when a chunk was recycled.
	refilled func()
	hasReady atomic.Bool // whether ready has any

	// mu guards everything below and the states of the chunks. It is not held during callbacks.
	mu          sync.Mutex
	free, ready []*Chunk
	// finished: no chunk comes any more.
	finished bool
}

// newChunkPool returns a pool with the chunks that the user brings.
func newChunkPool(chunks []*Chunk, fresh func(int64) *Chunk, handTo func(*Chunk)) (*chunkPool, error) {
	p := &chunkPool{
		fresh:    fresh,
		handTo:   handTo,
		notEmpty: make(chan struct{}, 1),
		free:     make([]*Chunk, 0, len(chunks)),
		ready:    make([]*Chunk, 0, len(chunks)),
	}
	for _, c := range chunks {
		if err := p.add(c); err != nil {
			p.finish()
			return nil, err
		}
	}
	return p, nil
}

// take gives a chunk to be filled; ok is false if there is none to be had at the moment. It is nil
// with ok if there won't be one for this id.
func (p *chunkPool) take(id int64, stream int) (c *Chunk, ok bool) {
	if p.fresh != nil {
		if c = p.fresh(id); c == nil || !p.claim(c) {
			return nil, true
		}
		clear(c.Present)
	} else if c = p.popFree(); c == nil {
		return nil, false
	}
	c.begin(id, stream)
	return c, true
}

// claim takes over a chunk that was the user's.
func (p *chunkPool) claim(c *Chunk) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.state != chunkUsers {
		return false
	}
	c.state = chunkFilling
	return true
}

func (p *chunkPool) popFree() *Chunk {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return nil
	}
	c := p.free[n-1]
	p.free = p.free[:n-1]
	c.state = chunkFilling
	return c
}

// give hands a finished chunk over. It never waits.
func (p *chunkPool) give(c *Chunk) {
	c.countPlaces()
	p.mu.Lock()
	if p.handTo != nil {
		c.state = chunkUsers
		p.mu.Unlock()
		p.handTo(c)
		return
	}
	c.state = chunkReady
	p.ready = append(p.ready, c)
	p.hasReady.Store(true)
	p.mu.Unlock()
	signal(p.notEmpty)
}

// recycle takes a chunk from the user.
func (p *chunkPool) recycle(c *Chunk) error {
	if p.fresh != nil {
		return ErrNoPool
	}
	if err := p.add(c); err != nil {
		return err
	}
	if p.refilled != nil {
		p.refilled()
	}
	return nil
}

// add makes a chunk one to be filled. When no chunk is needed any more, it stays the user's.
func (p *chunkPool) add(c *Chunk) error {
	if c == nil || len(c.Data) == 0 || len(c.Present) == 0 {
		return ErrBadChunk
	}
	if !p.claim(c) {
		return ErrChunkInUse
	}
	clear(c.Present)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.finished {
		c.state = chunkUsers
		return nil
	}
	c.state = chunkFree
	p.free = append(p.free, c)
	return nil
}

// tryPop takes the oldest finished chunk; without one, finished says whether there will never be
// another.
func (p *chunkPool) tryPop() (c *Chunk, finished bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ready) == 0 {
		if p.finished {
			signal(p.notEmpty)
		}
		return nil, p.finished
	}
	c = p.ready[0]
	// The list is as short as the pool: moving it up keeps its memory where it is.
	copy(p.ready, p.ready[1:])
	p.ready[len(p.ready)-1] = nil
	p.ready = p.ready[:len(p.ready)-1]
	c.state = chunkUsers
	p.hasReady.Store(len(p.ready) > 0)
	if len(p.ready) > 0 {
		signal(p.notEmpty)
	}
	return c, false
}

// pop waits for a finished chunk. It returns ErrStopped after the last.
func (p *chunkPool) pop(ctx context.Context) (*Chunk, error) {
	for {
		c, finished := p.tryPop()
		switch {
		case c != nil:
			return c, nil
		case finished:
			return nil, ErrStopped
		}
		select {
		case <-p.notEmpty:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// finish says that no chunk comes any more; those that are ready can still be taken. The others are the
// user's again.
func (p *chunkPool) finish() {
	p.mu.Lock()
	p.finished = true
	for _, c := range p.free {
		c.state = chunkUsers
	}
	p.free = nil
	p.mu.Unlock()
	signal(p.notEmpty)
}

// streamKeeper is the chunkKeeper of a stream with a pool of its own.
type streamKeeper struct {
	pool     *chunkPool
	streamID int
}

func (k *streamKeeper) begin(id uint64) (*Chunk, bool) { return k.pool.take(int64(id), k.streamID) }

func (k *streamKeeper) pass(c *Chunk, tally *ChunkTally, _ uint64) {
	if c != nil {
		c.add(tally)
		k.pool.give(c)
	}
}
