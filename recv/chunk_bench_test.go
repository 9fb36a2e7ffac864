// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// endlessHeaps is a source of heaps as a digitiser sends them: each has a timestamp, an id and a
// status as immediates in every packet, and its packets are made by changing cnt and timestamp in the
// same memory over and over again.
type endlessHeaps struct {
	packets [][]byte // of heapsAtOnce heaps
	perHeap int      // packets
	next    uint64   // heap
	last    uint64
	// Of streams sources, this is the number of one: it gives every so manieth heap.
	streams, stream uint64
}

const (
	benchPayload    = 8192
	benchBatch      = 64
	benchChunkBytes = 4 << 20
)

func newEndlessHeaps(heapBytes, heaps int) *endlessHeaps {
	f, _ := spead.NewFlavour(48, 0)
	e := &endlessHeaps{perHeap: (heapBytes + benchPayload - 1) / benchPayload, last: uint64(heaps), streams: 1}
	for range max(1, benchBatch/e.perHeap) {
		for offset := 0; offset < heapBytes; offset += benchPayload {
			n := min(benchPayload, heapBytes-offset)
			b := wire.AppendHeader(nil, f, wire.SpecialCount+4)
			b = wire.AppendSpecials(b, f, wire.Specials{HeapLength: int64(heapBytes), PayloadOffset: int64(offset), PayloadLength: int64(n)})
			b = wire.AppendPointer(b, wire.ImmediatePointer(48, modelTime, 0))
			b = wire.AppendPointer(b, wire.ImmediatePointer(48, 0x3101, 1))
			b = wire.AppendPointer(b, wire.ImmediatePointer(48, 0x3102, 0))
			b = wire.AppendPointer(b, wire.AddressPointer(48, 0x3300, 0))
			e.packets = append(e.packets, append(b, pattern(n, offset)...))
		}
	}
	return e
}

func (e *endlessHeaps) ReadBatch(b *Batch) error {
	for i, packet := range e.packets {
		heap := e.next + uint64(i/e.perHeap)
		if heap == e.last {
			return io.EOF
		}
		binary.BigEndian.PutUint64(packet[8:], uint64(wire.ImmediatePointer(48, spead.HeapCntID, heap+1)))
		binary.BigEndian.PutUint64(packet[40:], uint64(wire.ImmediatePointer(48, modelTime, (heap*e.streams+e.stream)*4096)))
		b.Add(packet)
	}
	e.next += uint64(len(e.packets) / e.perHeap)
	return nil
}

func (e *endlessHeaps) TryReadBatch(b *Batch) error { return e.ReadBatch(b) }

func (e *endlessHeaps) Wait() error { return nil }

func (e *endlessHeaps) Close() error { return nil }

// BenchmarkChunks puts heaps that lie in memory into chunks, and hands the chunks over.
func BenchmarkChunks(b *testing.B) {
	for _, heapBytes := range []int{5120, 8 << 10, 256 << 10} {
		b.Run(fmt.Sprintf("heap=%d", heapBytes), func(b *testing.B) {
			s := newBenchChunkStream(b, heapBytes, b.N)
			b.SetBytes(int64(heapBytes))
			b.ReportAllocs()
			b.ResetTimer()
			if err := s.Start(); err != nil {
				b.Fatal(err)
			}
			heaps := 0
			for c := range s.Chunks(b.Context()) {
				heaps += c.PresentPlaces
				if err := s.Recycle(c); err != nil {
					b.Fatal(err)
				}
			}
			if heaps != b.N {
				b.Errorf("%d of %d heaps are present", heaps, b.N)
			}
		})
	}
}

func benchChunkConfig(heapBytes int) ChunkConfig {
	perChunk := int64(benchChunkBytes / heapBytes)
	return ChunkConfig{
		Items: []spead.ItemID{modelTime},
		Place: func(p *Placement) {
			if ts := p.Items[0]; p.HeapLength == int64(heapBytes) && ts >= 0 {
				p.ChunkID = ts / 4096 / perChunk
				p.HeapIndex = int(ts / 4096 % perChunk)
				p.HeapOffset = int64(p.HeapIndex) * p.HeapLength
			}
		},
		Chunks: newChunks(4, int(perChunk)*heapBytes, int(perChunk), 0),
	}
}

func newBenchChunkStream(tb testing.TB, heapBytes, heaps int) *ChunkStream {
	tb.Helper()
	s, err := NewChunkStream(benchChunkConfig(heapBytes))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	if err := s.AddSource(newEndlessHeaps(heapBytes, heaps)); err != nil {
		tb.Fatal(err)
	}
	return s
}

// BenchmarkChunkGroup does the same with the heaps dealt out to streams that fill the same chunks.
func BenchmarkChunkGroup(b *testing.B) {
	for _, streams := range []int{1, 2} {
		for _, heapBytes := range []int{5120, 8 << 10, 256 << 10} {
			b.Run(fmt.Sprintf("streams=%d/heap=%d", streams, heapBytes), func(b *testing.B) {
				benchmarkGroup(b, streams, heapBytes)
			})
		}
	}
}

// newBenchGroup gives a lossless group, each stream of which receives some heaps.
func newBenchGroup(tb testing.TB, streams, heapBytes, perStream int) *ChunkGroup {
	tb.Helper()
	cfg := benchChunkConfig(heapBytes)
	g, err := NewChunkGroup(ChunkGroupConfig{Eviction: Lossless, Chunks: cfg.Chunks})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { g.Close() })
	cfg.Chunks = nil
	for i := range streams {
		s, err := g.Add(cfg)
		if err != nil {
			tb.Fatal(err)
		}
		source := newEndlessHeaps(heapBytes, perStream)
		source.streams, source.stream = uint64(streams), uint64(i)
		if err := s.AddSource(source); err != nil {
			tb.Fatal(err)
		}
	}
	return g
}

func benchmarkGroup(b *testing.B, streams, heapBytes int) {
	perStream := (b.N + streams - 1) / streams
	g := newBenchGroup(b, streams, heapBytes, perStream)
	b.SetBytes(int64(heapBytes))
	b.ReportAllocs()
	b.ResetTimer()
	if err := g.Start(); err != nil {
		b.Fatal(err)
	}
	heaps := 0
	for c := range g.Chunks(b.Context()) {
		heaps += c.PresentPlaces
		if err := g.Recycle(c); err != nil {
			b.Fatal(err)
		}
	}
	if heaps != perStream*streams {
		b.Errorf("%d of %d heaps are present", heaps, perStream*streams)
	}
}

// chunkGiver is a ChunkStream or a ChunkGroup.
type chunkGiver interface {
	Start() error
	Next(ctx context.Context) (*Chunk, error)
	Recycle(c *Chunk) error
	Close() error
}

func TestChunksAllocateNothingInTheSteadyState(t *testing.T) {
	for _, heapBytes := range []int{5120, 256 << 10} {
		expectNoAllocations(t, newBenchChunkStream(t, heapBytes, 1<<30))
		for streams := 1; streams <= 3; streams++ {
			expectNoAllocations(t, newBenchGroup(t, streams, heapBytes, 1<<30))
		}
	}
}

func expectNoAllocations(t *testing.T, s chunkGiver) {
	t.Helper()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	run := func() {
		c, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Recycle(c); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		run()
	}
	if got := testing.AllocsPerRun(20, run); got != 0 {
		t.Errorf("%T: %v allocations a chunk", s, got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
