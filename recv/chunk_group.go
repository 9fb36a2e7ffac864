// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"sync"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/chunks"
)

// Eviction says what happens when a stream of a group is ahead of others by more than the group's
// window.
type Eviction uint8

// The values of Eviction.
const (
	// Lossy has the others give up the chunks that are in the way, complete or not, so that no stream
	// waits for one that is silent.
	Lossy Eviction = iota
	// Lossless has the stream wait for the others. One that is silent then stops the whole group. It is
	// for sources that don't lose what isn't read, such as TCP.
	Lossless
)

// ChunkGroupConfig configures a ChunkGroup. Chunks, or Fresh, has to be set.
type ChunkGroupConfig struct {
	// Window is how many chunks may be under construction at once, in all streams together. At least 1;
	// default (0) 2.
	Window int
	// Eviction is Lossy (the default) or Lossless.
	Eviction Eviction
	// Chunks, Fresh and Ready are as in ChunkConfig, for the whole group. Fresh and Ready are called by
	// one stream at a time; of the group they may call Recycle. Default (nil): chunks come from Chunks,
	// and wait for Next.
	Chunks []*Chunk
	// Fresh gives chunks where there is no pool. Default (nil): there is one.
	Fresh func(id int64) *Chunk
	// Ready takes finished chunks. Default (nil): they wait for Next.
	Ready func(*Chunk)
}

// ChunkGroup is a group of chunk streams that fill one sequence of chunks together: each has its own
// sockets, is read by a goroutine of its own, and has its own Window, at most as large as the
// group's. A chunk is handed over when all streams have passed it. No two streams may put heaps in
// the same place.
//
// Streams meet once per chunk, not once per heap. Next, TryNext, Chunks, Recycle and Close may be
// called from any goroutine.
type ChunkGroup struct {
	pool   *chunkPool
	window int

	// mu guards the sequence, and the chunks that are under construction but for their memory. A
	// stream's baton may be held when it is taken, not the other way round.
	mu       sync.Mutex
	sequence chunkSequence
	running  int // streams that haven't ended

	// stateMu guards the group's life cycle. Nothing is waited for while it is held. It may be taken while
	// mu is held, as Ready may call Recycle; not the other way round.
	stateMu         sync.Mutex
	streams         []*ChunkStream
	started, closed bool
}

// NewChunkGroup returns a group without streams. Add some, and sources to them, then Start it. From
// now on cfg.Chunks are the group's.
func NewChunkGroup(cfg ChunkGroupConfig) (*ChunkGroup, error) {
	setDefault(&cfg.Window, defaultWindow)
	if cfg.Window < 1 || cfg.Window > chunkWindowMax {
		return nil, windowError("recv.ChunkGroupConfig.Window", cfg.Window)
	}
	if cfg.Eviction > Lossless {
		return nil, &spead.FieldError{Field: "recv.ChunkGroupConfig.Eviction", Value: uint8(cfg.Eviction), Allowed: "Lossy or Lossless"}
	}
	if err := checkPool("recv.ChunkGroupConfig", cfg.Chunks, cfg.Window, cfg.Fresh != nil); err != nil {
		return nil, err
	}
	pool, err := newChunkPool(cfg.Chunks, cfg.Fresh, cfg.Ready)
	if err != nil {
		return nil, err
	}
	g := &ChunkGroup{pool: pool, window: cfg.Window}
	g.sequence = newChunkSequence(pool, cfg.Window, cfg.Eviction == Lossless)
	pool.refilled = g.refill
	return g, nil
}

// Add adds a stream. Its Chunks, Fresh and Ready must not be set, and its Window not be larger than
// the group's; by default (0) it is as large. Errors: *spead.FieldError for what the configuration got
// wrong, ErrStarted if the group was started or closed.
func (g *ChunkGroup) Add(cfg ChunkConfig) (*ChunkStream, error) {
	setDefault(&cfg.Window, g.window)
	cfg, err := cfg.withDefaults(true)
	if err != nil {
		return nil, err
	}
	if cfg.Window > g.window {
		return nil, &spead.FieldError{Field: "recv.ChunkConfig.Window", Value: cfg.Window, Allowed: "at most the group's window"}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stateMu.Lock()
	defer g.stateMu.Unlock()
	if g.started || g.closed {
		return nil, ErrStarted
	}
	member := len(g.streams)
	c := &ChunkStream{group: g, stream: newChunkIntakeStream(&cfg, &memberKeeper{g, member, cfg.StreamID})}
	in := c.stream.chunks
	in.pool, in.group, in.calls = g.pool, g, true
	in.finish = func() { g.ended(member) }
	g.streams = append(g.streams, c)
	g.sequence.heads = append(g.sequence.heads, 0)
	g.running++
	return c, nil
}

// Streams gives the group's streams, in the order in which they were added.
func (g *ChunkGroup) Streams() []*ChunkStream {
	g.stateMu.Lock()
	defer g.stateMu.Unlock()
	return slices.Clone(g.streams)
}

// Start begins reading the sources of all streams. A group without streams ends at once.
func (g *ChunkGroup) Start() error {
	g.stateMu.Lock()
	if g.started || g.closed {
		g.stateMu.Unlock()
		return ErrStarted
	}
	g.started = true
	g.stateMu.Unlock()
	return g.each((*Stream).Start)
}

// Next waits for a chunk, which is the caller's until Recycle. It returns ErrStopped after the last
// one of a group of which all streams have ended, or ctx's error. Chunks come with strictly increasing
// ids. With ChunkGroupConfig.Ready there are no chunks to wait for but the end.
func (g *ChunkGroup) Next(ctx context.Context) (*Chunk, error) { return g.pool.pop(ctx) }

// TryNext returns a chunk if there is one, nil otherwise, and ErrStopped after the last.
func (g *ChunkGroup) TryNext() (*Chunk, error) {
	c, finished := g.pool.tryPop()
	if finished {
		return nil, ErrStopped
	}
	return c, nil
}

// Chunks gives chunks until the group has ended or ctx has. Err tells afterwards whether a source
// failed; the state of ctx tells the other. The chunks have to be recycled.
func (g *ChunkGroup) Chunks(ctx context.Context) iter.Seq[*Chunk] {
	return func(yield func(*Chunk) bool) {
		for {
			c, err := g.Next(ctx)
			if err != nil || !yield(c) {
				return
			}
		}
	}
}

// Recycle gives a chunk back to be filled again: see ChunkStream.Recycle.
func (g *ChunkGroup) Recycle(c *Chunk) error { return g.pool.recycle(c) }

// Err returns the errors by which sources ended, the first of each stream.
func (g *ChunkGroup) Err() error { return g.each((*Stream).Err) }

// Stop ends all streams in order, as if their sources had ended. The chunks that were being filled are
// handed over before Next returns ErrStopped. It doesn't wait for that. Close is still to be called.
func (g *ChunkGroup) Stop() error { return g.end((*Stream).Stop) }

// Close ends all streams and returns when their goroutines and sockets are gone. Chunks that were
// being filled can still be taken. The memory of chunks isn't used any more afterwards, whoever has
// them. Close may be called more than once, but not by ChunkGroupConfig.Ready.
func (g *ChunkGroup) Close() error { return g.end((*Stream).Close) }

// end ends all streams in one way or the other. None is added or started any more.
func (g *ChunkGroup) end(how func(*Stream) error) error {
	g.stateMu.Lock()
	g.closed = true
	g.stateMu.Unlock()
	return g.each(how)
}

// each does something with each stream. A group that was started or closed without streams has ended.
func (g *ChunkGroup) each(do func(*Stream) error) error {
	g.stateMu.Lock()
	streams := g.streams
	if len(streams) == 0 && (g.started || g.closed) {
		g.pool.finish()
	}
	g.stateMu.Unlock()
	var errs []error
	for _, c := range streams {
		errs = append(errs, do(c.stream))
	}
	return errors.Join(errs...)
}

// refill lets all streams go on that wait for a chunk.
func (g *ChunkGroup) refill() {
	g.stateMu.Lock()
	defer g.stateMu.Unlock()
	for _, c := range g.streams {
		c.stream.refill()
	}
}

// makeRoom has all streams give up the chunks that are in the way of one that waits. Preconditions: no
// baton is held.
func (g *ChunkGroup) makeRoom() {
	g.mu.Lock()
	target := g.sequence.flushTo
	g.mu.Unlock()
	g.stateMu.Lock()
	streams := g.streams
	g.stateMu.Unlock()
	for _, c := range streams {
		s := c.stream
		s.lock()
		s.chunks.placer.flushUntil(target)
		s.baton.Unlock()
	}
}

// ended notes that a stream has ended, and that it holds nothing back any more.
func (g *ChunkGroup) ended(member int) {
	g.mu.Lock()
	g.sequence.pass(member, nil, nil, goneHead)
	g.running--
	last := g.running == 0
	g.mu.Unlock()
	g.refill()
	if last {
		g.pool.finish()
	}
}

// memberKeeper is the chunkKeeper of a stream in a group.
type memberKeeper struct {
	group            *ChunkGroup
	member, streamID int
}

func (k *memberKeeper) begin(id uint64) (*Chunk, bool) {
	k.group.mu.Lock()
	defer k.group.mu.Unlock()
	return k.group.sequence.begin(id, k.streamID)
}

func (k *memberKeeper) pass(c *Chunk, tally *ChunkTally, head uint64) {
	k.group.mu.Lock()
	moved := k.group.sequence.pass(k.member, c, tally, head)
	k.group.mu.Unlock()
	if moved {
		k.group.refill()
	}
}

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
		s.window.JumpTo(head)
	}
	return moved
}
