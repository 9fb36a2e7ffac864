// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"testing"
)

func TestAGroupThatWasStoppedTakesNoStreams(t *testing.T) {
	g, err := NewChunkGroup(ChunkGroupConfig{Chunks: newChunks(2, 80, 4, 4)})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Add(ChunkConfig{Place: testLayout.place}); !errors.Is(err, ErrStarted) {
		t.Errorf("a stream was added: %v", err)
	}
	if _, err := g.Next(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("the group goes on: %v", err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// TestChunksComeBackWhenTheStreamHasEnded: a program that begins anew uses the same chunks again.
func TestChunksComeBackWhenTheStreamHasEnded(t *testing.T) {
	pool := newChunks(3, 80, 4, 4)
	for range 3 {
		cfg := testChunkConfig(0)
		cfg.Chunks = pool
		s := newTestChunkStream(t, cfg, &packetSource{packets: timedPackets(1, 5, 9), batch: 100})
		first, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Recycle(first); err != nil {
			t.Errorf("after the end, a chunk was refused: %v", err)
		}
		for range s.Chunks(t.Context()) { // those that were finished are the user's when taken
		}
	}
}

func TestChunksThatWereRefusedAreTheUsers(t *testing.T) {
	cfg := testChunkConfig(3)
	cfg.Chunks[2].state = chunkReady // another stream's
	if _, err := NewChunkStream(cfg); !errors.Is(err, ErrChunkInUse) {
		t.Fatalf("a chunk in use was taken: %v", err)
	}
	cfg.Chunks = cfg.Chunks[:2]
	newTestChunkStream(t, cfg)
}

// TestFreshHasNoPool: where Fresh gives chunks, none is kept, forever, that is given back.
func TestFreshHasNoPool(t *testing.T) {
	cfg := testChunkConfig(2)
	var given []int64
	cfg.Fresh = func(id int64) *Chunk {
		given = append(given, id)
		return newChunks(1, 80, 4, 4)[0]
	}
	_, err := NewChunkStream(cfg)
	expectField(t, err, "recv.ChunkConfig.Chunks")
	cfg.Chunks = nil
	s := newTestChunkStream(t, cfg, &packetSource{packets: timedPackets(1, 5, 9), batch: 1})
	for c := range s.Chunks(t.Context()) {
		if err := s.Recycle(c); !errors.Is(err, ErrNoPool) {
			t.Errorf("chunk %d was taken: %v", c.ID, err)
		}
	}
	if len(given) != 3 {
		t.Errorf("asked for chunks %v", given)
	}
}

func TestChunkStreamsReserveNoMemoryForHeaps(t *testing.T) {
	cfg := testChunkConfig(2)
	cfg.Reserve = []Reserve{{HeapBytes: 1 << 20, Heaps: 3}}
	s := newTestChunkStream(t, cfg)
	if pooled := s.Stats().Memory.Pooled; pooled != 0 {
		t.Errorf("%d bytes were allocated that nothing uses", pooled)
	}
}

// TestPlacesThatTwoStreamsFillCountOnce: what the streams of a group mustn't do, such as both to
// receive the same heaps, makes no counts that can't be, even if neither sees the other's mark.
func TestPlacesThatTwoStreamsFillCountOnce(t *testing.T) {
	var got *Chunk
	pool, err := newChunkPool(newChunks(1, 80, 4, 0), nil, func(c *Chunk) { got = c })
	if err != nil {
		t.Fatal(err)
	}
	c, _ := pool.take(0, 0)
	for range 2 {
		slot := chunkSlot{chunk: c}
		c.Present[2] = 0 // the other's mark isn't seen
		slot.mark(2)
		slot.mark(3)
		c.add(&slot.tally)
	}
	pool.give(c)
	if got.PresentPlaces != 2 || got.MissingPlaces != 2 || got.RepeatedPlaces != 2 {
		t.Errorf("%d present, %d missing, %d repeated", got.PresentPlaces, got.MissingPlaces, got.RepeatedPlaces)
	}
}
