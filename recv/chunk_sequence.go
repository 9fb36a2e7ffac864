// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"math"

	"github.com/gospead/spead/internal/chunks"
)

// chunkSequence is the one sequence of chunks that the members of a group fill: a window over the
// members' windows. Each member's head says which chunks it has done with; the oldest of them is the
// sequence's. Whoever uses it has the group's lock.
type chunkSequence struct {
	pool     *chunkPool
	lossless bool
	window   chunks.Window[*Chunk]
	heads    []uint64 // by member
	// flushTo is up to where members were asked to give up their chunks.
	flushTo uint64
}

// goneHead is the head of a member that has ended: it holds nothing back.
const goneHead = math.MaxUint64

func newChunkSequence(pool *chunkPool, window int, lossless bool) chunkSequence {
	return chunkSequence{pool: pool, lossless: lossless, window: chunks.NewWindow[*Chunk](window)}
}

// begin gives the chunk of an id to a member with this stream id. If ok is false, the member has to
// ask again when the sequence or the pool has moved; and if the sequence is lossy, all members then
// have to be flushed up to flushTo. Preconditions: id is not behind the member's head.
func (s *chunkSequence) begin(id uint64, stream int) (c *Chunk, ok bool) {
	if room := uint64(s.window.Slots()); id-s.window.Head() >= room {
		if !s.lossless {
			s.flushTo = max(s.flushTo, id-(room-1))
		}
		return nil, false
	}
	for id >= s.window.Tail() {
		c, ok := s.pool.take(int64(s.window.Tail()), stream)
		if !ok {
			return nil, false
		}
		*s.window.Push() = c
	}
	return *s.window.Slot(id), true
}

// pass takes from a member what it has seen of a chunk, which may be nil, and the member's new head.
// moved says whether the sequence has moved, so that others may go on.
func (s *chunkSequence) pass(member int, c *Chunk, tally *ChunkTally, head uint64) (moved bool) {
	if c != nil {
		c.add(tally)
	}
	before := s.heads[member]
	// A member that has ended may be flushed all the same, and stays gone.
	s.heads[member] = max(before, head)
	if before != s.window.Head() {
		return false
	}
	oldest := uint64(goneHead)
	for _, h := range s.heads {
		oldest = min(oldest, h)
	}
	return s.advance(oldest)
}

// advance hands over all chunks before head.
func (s *chunkSequence) advance(head uint64) (moved bool) {
	moved = s.window.Head() < head
	for s.window.Head() < head && !s.window.Empty() {
		slot := s.window.Slot(s.window.Head())
		if *slot != nil {
			s.pool.give(*slot)
		}
		*slot = nil
		s.window.Drop()
	}
	if s.window.Head() < head {
		s.window.SkipTo(head)
	}
	return moved
}
