// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/gospead/spead"
)

// testLayout: heaps of 20 bytes, four of them a chunk, in packets of 10 bytes.
var testLayout = modelLayout{heapsPerChunk: 4, heapBytes: 20, packetBytes: 10}

// timedPackets gives the packets of heaps with these times, and cnts from 1 on.
func timedPackets(times ...int64) [][]byte {
	var packets [][]byte
	for i, ts := range times {
		packets = append(packets, testLayout.packets(uint64(i+1), ts)...)
	}
	return packets
}

func testChunkConfig(pool int) ChunkConfig {
	return ChunkConfig{
		Config: Config{MaxHeaps: 16},
		Items:  []spead.ItemID{modelTime},
		Place:  testLayout.place, MaxExtra: 1,
		Chunks: newChunks(pool, 80, 4, 4),
	}
}

func newTestChunkStream(t testing.TB, cfg ChunkConfig, sources ...Source) *ChunkStream {
	t.Helper()
	s, err := NewChunkStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, src := range sources {
		if err := s.AddSource(src); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

// packetSource is a source of packets, some at a time.
type packetSource struct {
	packets [][]byte
	batch   int
}

func (p *packetSource) ReadBatch(b *Batch) error {
	n := min(p.batch, len(p.packets))
	for _, packet := range p.packets[:n] {
		b.Add(packet)
	}
	if p.packets = p.packets[n:]; len(p.packets) == 0 {
		return io.EOF
	}
	return nil
}

func (p *packetSource) Close() error { return nil }

// summary is what a test looks at of a chunk.
type summary struct {
	id      int64
	present string
}

func summarize(c *Chunk) summary {
	return summary{c.ID, string(bytes.Map(func(r rune) rune { return '0' + r }, c.Present))}
}

func expectChunks(t *testing.T, s *ChunkStream, want ...summary) {
	t.Helper()
	for _, w := range want {
		c, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := summarize(c); got != w {
			t.Errorf("chunk %v, want %v", got, w)
		}
		if err := s.Recycle(c); err != nil {
			t.Error(err)
		}
	}
}

func TestAChunkStreamHandsChunksOver(t *testing.T) {
	s := newTestChunkStream(t, testChunkConfig(2), &packetSource{packets: timedPackets(1, 2, 4, 5, 9, 23, 24), batch: 3})
	expectChunks(t, s, summary{0, "0110"}, summary{1, "1100"}, summary{2, "0100"}, summary{4, "0000"}, summary{5, "0001"}, summary{6, "1000"})
	if _, err := s.Next(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("after the last chunk: %v", err)
	}
	st := s.Stats()
	checkLaw(t, st)
	if st.HeapsDelivered != 7 || st.PayloadBytesDelivered != 140 || st.HeapsQueued != 0 || st.HeapsDiscarded[DiscardRejected] != 0 {
		t.Errorf("statistics: %+v", st)
	}
}

func TestAChunkStreamIsClosedAtAnyTime(t *testing.T) {
	for steps := range 12 {
		s := newTestChunkStream(t, testChunkConfig(2), &packetSource{packets: timedPackets(1, 2, 4, 5, 9, 23, 24, 28, 32), batch: 2})
		var held []*Chunk
		for range steps {
			if c, err := s.TryNext(); err == nil && c != nil {
				held = append(held, c)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for {
			c, err := s.Next(t.Context())
			if errors.Is(err, ErrStopped) {
				break
			}
			held = append(held, c)
		}
		for i := 1; i < len(held); i++ {
			if held[i].ID <= held[i-1].ID {
				t.Errorf("chunk %d after %d", held[i].ID, held[i-1].ID)
			}
		}
		checkLaw(t, s.Stats())
	}
}

func TestAChunkBelongsToOneAtATime(t *testing.T) {
	cfg := testChunkConfig(2)
	first := cfg.Chunks[0]
	s := newTestChunkStream(t, cfg, &packetSource{packets: timedPackets(1, 5, 9), batch: 100})
	if err := s.Recycle(first); !errors.Is(err, ErrChunkInUse) {
		t.Errorf("a chunk of the stream's was taken: %v", err)
	}
	c, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Recycle(c); err != nil {
		t.Fatal(err)
	}
	if err := s.Recycle(c); !errors.Is(err, ErrChunkInUse) {
		t.Errorf("a chunk was taken twice: %v", err)
	}
	for _, bad := range []*Chunk{nil, {}, {Data: make([]byte, 1)}, {Present: make([]byte, 1)}} {
		if err := s.Recycle(bad); !errors.Is(err, ErrBadChunk) {
			t.Errorf("%v was taken: %v", bad, err)
		}
	}
	if err := s.Recycle(newChunks(1, 80, 4, 4)[0]); err != nil {
		t.Errorf("a new chunk was not taken: %v", err)
	}
}

// TestNothingIsWrittenOutsideAChunk tries placements beyond the ends of a chunk.
func TestNothingIsWrittenOutsideAChunk(t *testing.T) {
	tests := []struct {
		name     string
		presence int
		place    func(*Placement)
		placed   bool
	}{
		{"the last place", 0, func(p *Placement) { p.HeapIndex, p.HeapOffset = 3, 60 }, true},
		{"an index behind the end", 0, func(p *Placement) { p.HeapIndex = 4 }, false},
		{"an index before the beginning", 0, func(p *Placement) { p.HeapIndex = -1 }, false},
		{"an offset behind the end", 0, func(p *Placement) { p.HeapOffset = 61 }, false},
		{"an offset far behind the end", 0, func(p *Placement) { p.HeapOffset = 1<<63 - 1 }, false},
		{"an offset before the beginning", 0, func(p *Placement) { p.HeapOffset = -1 }, false},
		{"the last places of packets", 10, func(p *Placement) { p.HeapIndex = 2 }, true},
		{"places of packets behind the end", 10, func(p *Placement) { p.HeapIndex = 3 }, false},
		{"more packets than places", 1, func(*Placement) {}, false},
		{"the last extra byte", 0, func(p *Placement) { p.ExtraOffset, p.ExtraSize = 3, 1 }, true},
		{"extra behind the end", 0, func(p *Placement) { p.ExtraOffset, p.ExtraSize = 4, 1 }, false},
		{"extra before the beginning", 0, func(p *Placement) { p.ExtraOffset, p.ExtraSize = -1, 1 }, false},
		{"more extra than there is room for", 0, func(p *Placement) { p.ExtraSize = 2 }, false},
		{"negative extra", 0, func(p *Placement) { p.ExtraSize = -1 }, false},
		{"another slice as extra", 0, func(p *Placement) { p.Extra, p.ExtraSize = make([]byte, 100), 100 }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// The chunk is in the middle of guarded memory.
			const guard = 100
			memory := bytes.Repeat([]byte{modelUnfilled}, 3*guard+88)
			part := func(at, n int) []byte { return memory[at : at+n : at+n] }
			cfg := testChunkConfig(1)
			cfg.Window, cfg.PacketPresence = 1, test.presence
			cfg.Chunks = []*Chunk{{Data: part(guard, 80), Present: part(2*guard+80, 4), Extra: part(3*guard+84, 4)}}
			cfg.Place = func(p *Placement) {
				p.ChunkID = 0
				test.place(p)
			}
			s := newTestChunkStream(t, cfg, &packetSource{packets: timedPackets(1), batch: 100})
			c, err := s.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if st := s.Stats(); (st.HeapsDelivered == 1) != test.placed || (st.HeapsDiscarded[DiscardOutside] == 0) != test.placed {
				t.Errorf("delivered: %d, outside: %d", st.HeapsDelivered, st.HeapsDiscarded[DiscardOutside])
			}
			if !test.placed && (bytes.Contains(c.Present, []byte{1}) || len(bytes.Trim(c.Data, "\xee")) > 0) {
				t.Errorf("written: present %v, data %v", c.Present, c.Data)
			}
			for _, at := range []int{0, guard + 80, 2*guard + 84, 3*guard + 88} {
				if rest := memory[at:min(at+guard, len(memory))]; len(bytes.Trim(rest, "\xee")) > 0 {
					t.Errorf("memory outside the chunk was written: %v", rest)
				}
			}
		})
	}
}
