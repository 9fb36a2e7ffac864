// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
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
		Config: Config{MaxHeaps: 16, CheckAccounts: true},
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
	begin(t, s, sources)
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

// TestAPacketTakenInPartsFillsItsPlaceOnce sends the middle of a heap before what is around it.
func TestAPacketTakenInPartsFillsItsPlaceOnce(t *testing.T) {
	cfg := testChunkConfig(1)
	cfg.AllowOutOfOrder, cfg.MergeOverlaps, cfg.Window, cfg.PacketPresence = true, true, 1, 10
	cfg.Place = func(p *Placement) { p.ChunkID = 0 }
	// The second goes around the first.
	packets := [][]byte{
		hostilePacket([4]int64{1, 20, 13, 2}, 2), hostilePacket([4]int64{1, 20, 0, 19}, 19), hostilePacket([4]int64{1, 20, 19, 1}, 1)}
	s := newTestChunkStream(t, cfg, &packetSource{packets: packets, batch: 100})
	c, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Place 1 is filled by the first packet, and again by the last.
	if c.PresentPlaces != 2 || c.RepeatedPlaces != 1 || c.Bytes != 20 {
		t.Errorf("chunk: %+v", c.ChunkTally)
	}
}

// TestAStreamGoesOnWhenAChunkIsThere has the consumer, or the stream's own goroutine, wait for chunks
// that another goroutine gives back, where the source is one that consumers read themselves.
func TestAStreamGoesOnWhenAChunkIsThere(t *testing.T) {
	for _, hold := range []int{1, 2} {
		s := newBenchChunkStream(t, 256<<10, 1600)
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		back := make(chan *Chunk, 4)
		done := make(chan error, 1)
		go func() {
			var held []*Chunk
			var err error
			for c := range back {
				// The window is 2 of 4 chunks: whoever holds 2 of the others stops the stream.
				if held = append(held, c); len(held) >= hold {
					err = errors.Join(err, s.Recycle(held[0]))
					held = held[1:]
				}
			}
			done <- err
		}()
		next := int64(0)
		for c := range s.Chunks(t.Context()) {
			if c.ID != next || c.MissingPlaces != 0 {
				t.Errorf("chunk %d, %d places missing, want %d", c.ID, c.MissingPlaces, next)
			}
			next++
			back <- c
		}
		close(back)
		if err := <-done; err != nil || next != 100 {
			t.Errorf("%d chunks: %v", next, err)
		}
		checkLaw(t, s.Stats())
	}
}

// TestAStreamIsReadWhileTheConsumerIsAway: chunks are finished without anybody asking for them.
func TestAStreamIsReadWhileTheConsumerIsAway(t *testing.T) {
	cfg := testChunkConfig(4)
	finished := make(chan int64, 10)
	cfg.Ready = func(c *Chunk) { finished <- c.ID }
	s := newTestChunkStream(t, cfg, &packetSource{packets: timedPackets(1, 5, 9), batch: 1})
	for want := range int64(3) {
		if got := <-finished; got != want {
			t.Errorf("chunk %d, want %d", got, want)
		}
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("with Ready, Next gives %v", err)
	}
}

// TestAChunkTellsWhoSentIt receives one chunk from two senders over the loopback interface.
func TestAChunkTellsWhoSentIt(t *testing.T) {
	cfg := testChunkConfig(2)
	cfg.Window, cfg.Place = 1, testLayout.place
	s, err := NewChunkStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.AddUDP(UDPConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	var senders []netip.AddrPort
	for i, packets := range [][][]byte{timedPackets(1, 2), timedPackets(3, 4)} {
		conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(s.Addrs()[0]))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		senders = append(senders, conn.LocalAddr().(*net.UDPAddr).AddrPort())
		for _, p := range packets {
			binary.BigEndian.PutUint64(p[8:], binary.BigEndian.Uint64(p[8:])+uint64(10*i)) // other cnts
			if _, err := conn.Write(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	c, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Sources, senders) || summarize(c) != (summary{0, "0111"}) {
		t.Errorf("chunk %v from %v, want %v", summarize(c), c.Sources, senders)
	}
}

// TestPayloadIsScatteredInItsChunk has the user's function put payload backwards in a heap's place.
func TestPayloadIsScatteredInItsChunk(t *testing.T) {
	for _, presence := range []int{0, 10} {
		cfg := testChunkConfig(2)
		cfg.AllowOutOfOrder, cfg.PacketPresence = true, presence
		cfg.Chunks = newChunks(2, 80, 8, 4)
		cfg.Place = func(p *Placement) { p.ChunkID, p.HeapIndex, p.HeapOffset = 0, 2, 20 }
		cfg.Scatter = func(memory []byte, h PacketHeader, offset int64, part []byte) {
			if len(memory) != 20 || cap(memory) != 20 || h.HeapLength() != 20 {
				t.Errorf("%d bytes of memory for %d", cap(memory), h.HeapLength())
			}
			for i, b := range part {
				memory[len(memory)-1-int(offset)-i] = b
			}
		}
		packets := timedPackets(1)
		slices.Reverse(packets)
		s := newTestChunkStream(t, cfg, &packetSource{packets: packets, batch: 1})
		c, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Concat(make([]byte, 20), bytes.Repeat([]byte{17}, 10), bytes.Repeat([]byte{7}, 10), make([]byte, 40))
		if !bytes.Equal(c.Data, want) || c.PresentPlaces != 1+presence/10 || c.Bytes != 20 {
			t.Errorf("data %v, %+v", c.Data, c.ChunkTally)
		}
		checkLaw(t, s.Stats())
	}
}
