// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/inproc"
)

func newTestGroup(t testing.TB, cfg ChunkGroupConfig, sources ...Source) *ChunkGroup {
	t.Helper()
	g, err := NewChunkGroup(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	for i, src := range sources {
		s, err := g.Add(ChunkConfig{Config: Config{MaxHeaps: 16, CheckAccounts: true}, Items: []spead.ItemID{modelTime}, Place: testLayout.place, MaxExtra: 1, StreamID: i})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.AddSource(src); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	return g
}

// dealtPackets gives the packets of heaps with times from 1 to the last, each to the stream whose turn
// its place is.
func dealtPackets(streams int, last int64) [][][]byte {
	dealt := make([][][]byte, streams)
	for ts := int64(1); ts <= last; ts++ {
		i := ts % testLayout.heapsPerChunk % int64(streams)
		dealt[i] = append(dealt[i], testLayout.packets(uint64(ts), ts)...)
	}
	return dealt
}

// TestALosslessGroupLosesNothing has streams fill chunks at their own pace.
func TestALosslessGroupLosesNothing(t *testing.T) {
	const last = 3999
	for streams := 1; streams <= 4; streams++ {
		t.Run(fmt.Sprintf("%d streams", streams), func(t *testing.T) {
			var sources []Source
			for _, packets := range dealtPackets(streams, last) {
				sources = append(sources, &packetSource{packets: packets, batch: 1 + rand.IntN(20)})
			}
			g := newTestGroup(t, ChunkGroupConfig{Window: 2, Eviction: Lossless, Chunks: newChunks(3, 80, 4, 4)}, sources...)
			next := int64(0)
			for c := range g.Chunks(t.Context()) {
				if c.ID != next {
					t.Fatalf("chunk %d, want %d", c.ID, next)
				}
				for place := range testLayout.heapsPerChunk {
					ts := c.ID*testLayout.heapsPerChunk + place
					want := append(bytes.Repeat([]byte{byte(ts) * 7}, 10), bytes.Repeat([]byte{byte(ts)*7 + 10}, 10)...)
					if ts%modelRejected == 0 {
						continue
					}
					if c.Present[place] != 1 || !bytes.Equal(c.Data[place*20:][:20], want) || c.Extra[place] != byte(ts) {
						t.Fatalf("chunk %d, place %d: present %d, data %v, want %v", c.ID, place, c.Present[place], c.Data[place*20:][:20], want)
					}
				}
				if c.MissingPlaces+c.PresentPlaces != 4 || c.Heaps != c.PresentPlaces || c.Bytes != int64(20*c.Heaps) || c.First.After(c.Last) {
					t.Errorf("tally: %+v", c.ChunkTally)
				}
				if err := g.Recycle(c); err != nil {
					t.Fatal(err)
				}
				next++
			}
			if want := last/testLayout.heapsPerChunk + 1; next != want {
				t.Errorf("%d chunks, want %d", next, want)
			}
			for _, s := range g.Streams() {
				checkLaw(t, s.Stats())
			}
		})
	}
}

// TestALossyGroupIsNotHeldUp has one of three streams silent.
func TestALossyGroupIsNotHeldUp(t *testing.T) {
	silent, err := inproc.NewQueue(1)
	if err != nil {
		t.Fatal(err)
	}
	dealt := dealtPackets(3, 4000)
	g := newTestGroup(t, ChunkGroupConfig{Window: 2, Chunks: newChunks(4, 80, 4, 4)},
		&packetSource{packets: dealt[0], batch: 7}, &packetSource{packets: dealt[1], batch: 13}, &inprocSource{queue: silent})
	last := int64(-1)
	for c := range g.Chunks(t.Context()) {
		if c.ID <= last || c.Present[2] != 0 {
			t.Fatalf("chunk %d after %d, present %v", c.ID, last, c.Present)
		}
		last = c.ID
		if err := g.Recycle(c); err != nil {
			t.Fatal(err)
		}
		if last > 900 {
			silent.Stop() // the group ends when all its streams have
		}
	}
	if last != 1000 {
		t.Errorf("the last chunk is %d", last)
	}
	for _, s := range g.Streams() {
		checkLaw(t, s.Stats())
	}
}

// TestAGroupIsClosedAtAnyTime closes groups whose streams wait for chunks or for each other.
func TestAGroupIsClosedAtAnyTime(t *testing.T) {
	for steps := range 20 {
		cfg := ChunkGroupConfig{Window: 1 + steps%3, Eviction: Eviction(steps % 2), Chunks: newChunks(3, 80, 4, 4)}
		silent, err := inproc.NewQueue(1)
		if err != nil {
			t.Fatal(err)
		}
		dealt := dealtPackets(3, 100)
		g := newTestGroup(t, cfg, &packetSource{packets: dealt[0], batch: 3}, &packetSource{packets: dealt[1], batch: 5}, &inprocSource{queue: silent})
		for range steps {
			if c, err := g.TryNext(); err == nil && c != nil && steps%4 > 1 {
				if err := g.Recycle(c); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		last := int64(-1)
		for c := range g.Chunks(t.Context()) {
			if c.ID <= last {
				t.Errorf("chunk %d after %d", c.ID, last)
			}
			last = c.ID
		}
		for _, s := range g.Streams() {
			checkLaw(t, s.Stats())
			if err := s.Err(); err != nil {
				t.Error(err)
			}
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAGroupRefusesWhatItCannotDo(t *testing.T) {
	place := func(*Placement) {}
	pool := newChunks(4, 1, 1, 0)
	groups := map[string]ChunkGroupConfig{
		"recv.ChunkGroupConfig.Window":    {Window: -1, Chunks: pool},
		"recv.ChunkGroupConfig.Eviction":  {Eviction: 2, Chunks: pool},
		"recv.ChunkGroupConfig.Chunks":    {Window: 5, Chunks: pool},
		"recv.ChunkGroupConfig.Chunks[1]": {Chunks: []*Chunk{pool[0], pool[0]}},
	}
	for field, cfg := range groups {
		_, err := NewChunkGroup(cfg)
		expectField(t, err, field)
	}
	streams := map[string]ChunkConfig{
		"recv.ChunkConfig.Place":                         {Chunks: pool},
		"recv.ChunkConfig.Window":                        {Place: place, Window: -1, Chunks: pool},
		"recv.ChunkConfig.PacketPresence":                {Place: place, PacketPresence: -1, Chunks: pool},
		"recv.ChunkConfig.MaxExtra":                      {Place: place, MaxExtra: chunkExtraMax + 1, Chunks: pool},
		"recv.ChunkConfig.Chunks":                        {Place: place},
		"recv.ChunkConfig.Chunks[0]":                     {Place: place, Chunks: []*Chunk{nil, pool[0]}},
		"recv.ChunkConfig.OnHeap, Allocator or WhenFull": {Place: place, Chunks: pool, Config: Config{OnHeap: func(*Heap) {}}},
		"recv.Config.MaxHeaps":                           {Place: place, Chunks: pool, Config: Config{MaxHeaps: -1}},
	}
	for field, cfg := range streams {
		_, err := NewChunkStream(cfg)
		expectField(t, err, field)
	}
	g, err := NewChunkGroup(ChunkGroupConfig{Window: 2, Chunks: pool})
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]ChunkConfig{
		"recv.ChunkConfig.Window":                 {Place: place, Window: 3},
		"recv.ChunkConfig.Chunks, Fresh or Ready": {Place: place, Chunks: newChunks(2, 1, 1, 0)},
	}
	for field, cfg := range members {
		_, err := g.Add(cfg)
		expectField(t, err, field)
	}
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Add(ChunkConfig{Place: place}); !errors.Is(err, ErrStarted) {
		t.Errorf("a stream was added to a group that was started: %v", err)
	}
	if _, err := g.Next(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("a group without streams goes on: %v", err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

func expectField(t *testing.T, err error, field string) {
	t.Helper()
	var wrong *spead.FieldError
	if !errors.As(err, &wrong) || wrong.Field != field {
		t.Errorf("error %v, want one of %s", err, field)
	}
}
