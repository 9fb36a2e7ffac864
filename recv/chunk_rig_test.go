// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"testing"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/wire"
)

// chunkRig is a chunk stream without sources, goroutines and queues: it takes packets one by one.
type chunkRig struct {
	t         testing.TB
	placer    *chunkPlacer
	assembler *assembler.Assembler
	packet    wire.Packet
	heaps     int64
}

func newChunkRig(t testing.TB, cfg ChunkConfig, keeper chunkKeeper) *chunkRig {
	t.Helper()
	cfg.Chunks = nil
	cfg, err := cfg.withDefaults(true)
	if err != nil {
		t.Fatal(err)
	}
	r := &chunkRig{t: t, placer: newChunkPlacer(&cfg, keeper)}
	r.assembler = assembler.New(cfg.assembly(), r.placer.asPlacer())
	r.placer.assembler = r.assembler
	return r
}

// take takes a packet; starved says that it has to come again when there is a chunk.
func (r *chunkRig) take(datagram []byte, now time.Time) (refusal spead.Refusal, starved bool) {
	size, refusal := r.packet.Decode(datagram)
	if refusal != spead.Accepted || size < len(datagram) {
		return refusal, false
	}
	r.placer.now = now
	r.placer.starved, r.placer.marked = false, false
	r.placer.sources.current = -1
	refusal = r.assembler.Add(&r.packet)
	if r.placer.starved {
		return refusal, true
	}
	r.collect()
	return refusal, false
}

func (r *chunkRig) collect() {
	for h := r.assembler.Next(); h != nil; h = r.assembler.Next() {
		if h.End() != assembler.StopItem {
			r.heaps++
		}
		r.placer.finish(h)
		r.assembler.Recycle(h)
	}
}

// end ends the stream.
func (r *chunkRig) end() {
	r.assembler.Flush()
	r.collect()
	r.placer.flush()
}

// newChunks makes chunks of the given sizes.
func newChunks(count, data, present, extra int) []*Chunk {
	chunks := make([]*Chunk, count)
	for i := range chunks {
		chunks[i] = &Chunk{Data: make([]byte, data), Present: make([]byte, present), Extra: make([]byte, extra)}
	}
	return chunks
}
