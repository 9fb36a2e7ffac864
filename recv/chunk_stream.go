// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"context"
	"io"
	"iter"
	"net/netip"
	"sync/atomic"

	"github.com/gospead/spead/inproc"
)

// ChunkStream receives heaps from any number of sources and puts them where they belong in chunks.
// Sources, and how a stream ends, are as in Stream.
//
// Next, TryNext, Chunks, Recycle, Stats and Close may be called from any goroutine.
type ChunkStream struct {
	stream *Stream
	group  *ChunkGroup // nil: none
}

// NewChunkStream returns a chunk stream without sources. Add some, then Start it. From now on
// cfg.Chunks are the stream's.
func NewChunkStream(cfg ChunkConfig) (*ChunkStream, error) {
	cfg, err := cfg.withDefaults(false)
	if err != nil {
		return nil, err
	}
	pool, err := newChunkPool(cfg.Chunks, cfg.Fresh, cfg.Ready)
	if err != nil {
		return nil, err
	}
	c := &ChunkStream{stream: newChunkIntakeStream(&cfg, &streamKeeper{pool, cfg.StreamID})}
	in := c.stream.chunks
	in.pool, in.calls, in.finish = pool, cfg.Ready != nil || cfg.Fresh != nil, pool.finish
	pool.refilled = c.stream.refill
	return c, nil
}

// newChunkIntakeStream returns a stream that fills chunks.
func newChunkIntakeStream(cfg *ChunkConfig, keeper chunkKeeper) *Stream {
	return newStream(cfg.Config, &chunkIntake{placer: newChunkPlacer(cfg, keeper)})
}

// AddSource adds a source: see Stream.AddSource.
func (c *ChunkStream) AddSource(src Source) error { return c.stream.AddSource(src) }

// AddUDP adds a UDP socket: see Stream.AddUDP.
func (c *ChunkStream) AddUDP(cfg UDPConfig) error { return c.stream.AddUDP(cfg) }

// AddTCP adds TCP connections: see Stream.AddTCP.
func (c *ChunkStream) AddTCP(cfg TCPConfig) error { return c.stream.AddTCP(cfg) }

// AddReader adds packets that a reader gives: see Stream.AddReader.
func (c *ChunkStream) AddReader(r io.Reader) error { return c.stream.AddReader(r) }

// AddMemory adds packets that lie one after the other in b: see Stream.AddMemory.
func (c *ChunkStream) AddMemory(b []byte) error { return c.stream.AddMemory(b) }

// AddInproc adds the packets of a queue in this process: see Stream.AddInproc.
func (c *ChunkStream) AddInproc(q *inproc.Queue) error { return c.stream.AddInproc(q) }

// Addrs gives the local addresses of the UDP sources, in the order in which they were added.
func (c *ChunkStream) Addrs() []netip.AddrPort { return c.stream.Addrs() }

// Start begins reading the sources; in a group, those of all its streams.
func (c *ChunkStream) Start() error {
	if c.group != nil {
		return c.group.Start()
	}
	return c.stream.Start()
}

// Next waits for a chunk, which is the caller's until Recycle. It returns ErrStopped after the last
// one of a stream that has ended, or ctx's error. Chunks come with strictly increasing ids; when the
// stream ends, those that are being filled come as they are. While it waits, it reads the stream's
// sources itself. With ChunkConfig.Ready there are no chunks to wait for but the end. In a group, Next
// is the group's.
func (c *ChunkStream) Next(ctx context.Context) (*Chunk, error) {
	in := c.stream.chunks
	switch {
	case c.group != nil:
		return c.group.Next(ctx)
	case in.calls:
		return in.pool.pop(ctx)
	}
	if err := c.stream.await(ctx); err != nil {
		return nil, err
	}
	defer c.stream.baton.Unlock()
	chunk, _ := in.pool.tryPop()
	in.deliver(chunk)
	c.stream.leave()
	return chunk, nil
}

// TryNext returns a chunk if there is one or what has arrived finishes one, nil otherwise, and
// ErrStopped after the last.
func (c *ChunkStream) TryNext() (*Chunk, error) {
	s := c.stream
	if c.group != nil {
		return c.group.TryNext()
	}
	s.lock()
	defer s.baton.Unlock()
	if !s.hasResult() && !s.ended && !s.chunks.calls {
		s.advance(errand{one: true})
	}
	chunk, _ := s.chunks.pool.tryPop()
	s.leave()
	if chunk == nil && s.ended {
		return nil, ErrStopped
	}
	if chunk != nil {
		s.chunks.deliver(chunk)
	}
	return chunk, nil
}

// Chunks gives chunks until the stream has ended or ctx has. Err tells afterwards whether a source
// failed; the state of ctx tells the other. The chunks have to be recycled.
func (c *ChunkStream) Chunks(ctx context.Context) iter.Seq[*Chunk] {
	return func(yield func(*Chunk) bool) {
		for {
			chunk, err := c.Next(ctx)
			if err != nil || !yield(chunk) {
				return
			}
		}
	}
}

// Recycle gives a chunk back to be filled again, and clears its Present. A chunk that the stream has
// never seen is added to its pool; after the end of the stream, it stays the caller's. Errors:
// ErrChunkInUse if the chunk isn't the caller's, ErrBadChunk if it has no memory, ErrNoPool if
// ChunkConfig.Fresh gives the chunks.
func (c *ChunkStream) Recycle(chunk *Chunk) error {
	if c.group != nil {
		return c.group.Recycle(chunk)
	}
	return c.stream.chunks.pool.recycle(chunk)
}

// Err returns the first error by which a source ended, nil if all ended in order or go on.
func (c *ChunkStream) Err() error { return c.stream.Err() }

// Stats returns what the stream has received so far: one consistent snapshot. A heap counts as
// delivered with its chunk; in a group, when the stream has done with its chunk. With
// ChunkConfig.Ready or Fresh, or in a group, the figures may be those of the end of the last batch.
func (c *ChunkStream) Stats() Stats { return c.stream.Stats() }

// Count changes the figure Config.Statistics[i]: see Stream.Count. The placement may call it.
func (c *ChunkStream) Count(i int, value int64) { c.stream.Count(i, value) }

// Stop ends the stream in order, as if its sources had ended: see Stream.Stop. Chunks that were being
// filled are handed over.
func (c *ChunkStream) Stop() error { return c.stream.Stop() }

// Close ends the stream and returns when its goroutines and sockets are gone; in a group, it ends the
// group. Chunks that were being filled can still be taken. The memory of chunks isn't used any more
// afterwards, whoever has them. Close may be called more than once, but not by ChunkConfig.Ready.
func (c *ChunkStream) Close() error {
	if c.group != nil {
		return c.group.Close()
	}
	return c.stream.Close()
}

// chunkIntake is what a stream that fills chunks has beside its loop. The stream's baton guards it,
// but for pool.
type chunkIntake struct {
	placer *chunkPlacer
	pool   *chunkPool
	group  *ChunkGroup // nil: none
	// calls says that chunks are handed over as they are finished, not by Next of this stream.
	calls bool
	// finish is called when the last chunk was passed on.
	finish func()

	// dry says that the loop waits for a chunk, refilled that there may be one since.
	dry      bool
	refilled atomic.Bool

	// row, next and tolerated are what they were before the packet that is being taken.
	row       []byte
	next      int
	tolerated Tolerated

	heapsDelivered, bytesDelivered int64
}

// prepare is what comes before a packet is taken.
func (s *Stream) prepare(in *intake) {
	c := s.chunks
	if c.dry {
		// Before the packet is tried again, so that no chunk that comes meanwhile goes unnoticed.
		c.refilled.Store(false)
		c.dry = false
	}
	c.placer.starved, c.placer.marked = false, false
	c.row, c.next = in.batch.row, in.next
	if s.cfg.Dialect != 0 {
		c.tolerated = s.work.Tolerated
	}
	in.origin.next(&c.placer.sources)
}

// hold puts the packet back that could not be taken for want of a chunk; it says whether it was so.
func (s *Stream) hold(in *intake) bool {
	c := s.chunks
	if !c.placer.starved {
		return false
	}
	c.dry = true
	in.batch.row, in.next = c.row, c.next
	if s.cfg.Dialect != 0 {
		s.work.Tolerated = c.tolerated
	}
	in.origin.back()
	return true
}

// isDry says whether there is no point in going on.
func (c *chunkIntake) isDry() bool { return c.dry && !c.refilled.Load() }

// makeRoom is what a stream in a lossy group does before it waits for chunks: it has the others give
// up theirs. Preconditions: the baton is not held.
func (c *chunkIntake) makeRoom() {
	if c != nil && c.group != nil {
		c.group.makeRoom()
	}
}

// deliver counts a chunk as the consumer's.
func (c *chunkIntake) deliver(chunk *Chunk) {
	c.heapsDelivered += int64(chunk.Heaps)
	c.bytesDelivered += chunk.Bytes
}

// figures adds what became of heaps and payload.
func (c *chunkIntake) figures(st *Stats) {
	counts := &c.placer.counts
	for reason, n := range counts.heapsDiscarded {
		st.HeapsDiscarded[reason] += n
	}
	for reason, n := range counts.bytesDiscarded {
		st.PayloadBytesDiscarded[reason] += n
	}
	st.HeapsDelivered, st.PayloadBytesDelivered = c.heapsDelivered, c.bytesDelivered
	if c.calls {
		st.HeapsDelivered, st.PayloadBytesDelivered = counts.passedHeaps, counts.passedBytes
	}
	st.HeapsQueued = counts.passedHeaps + counts.windowHeaps - st.HeapsDelivered
	st.PayloadBytesInFlight += counts.windowBytes + counts.passedBytes - counts.keptBytes - st.PayloadBytesDelivered
}

// refill lets the loop go on, whoever runs it, if it waits for a chunk.
func (s *Stream) refill() {
	s.chunks.refilled.Store(true)
	signal(s.room)
	signal(s.wake)
	signal(s.keeperWake)
}
