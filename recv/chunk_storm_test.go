// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/gospead/spead"
)

// storm is a group that is treated badly: its streams have sources of both kinds that end or don't, the
// consumer is slow, and it is ended at some time, in some way, by whoever.
type storm struct {
	t        *testing.T
	r        *rand.Rand
	group    *ChunkGroup
	lossless bool
	presence int

	mu    sync.Mutex // guards what Ready and the consumer share
	last  int64
	heaps int64
	bytes int64
	held  []*Chunk
}

// stormSource gives packets until it is closed, whether it is polled or not.
type stormSource struct {
	packetSource
	mu     sync.Mutex
	closed chan struct{}
	ends   bool
}

func (s *stormSource) ReadBatch(b *Batch) error {
	for {
		err := s.TryReadBatch(b)
		if err != nil || len(b.Datagrams) > 0 {
			return err
		}
		<-s.closed
	}
}

func (s *stormSource) TryReadBatch(b *Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return io.EOF
	default:
	}
	if err := s.packetSource.ReadBatch(b); s.ends {
		return err
	}
	return nil
}

func (s *stormSource) Wait() error {
	s.mu.Lock()
	left := len(s.packets)
	s.mu.Unlock()
	if left == 0 {
		<-s.closed
	}
	return nil
}

func (s *stormSource) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.closed)
	return nil
}

// pushed is a source that isn't a Poller.
type pushed struct{ Source }

func newStorm(t *testing.T, seed uint64) *storm {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 9))
	s := &storm{t: t, r: r, lossless: r.IntN(2) == 0, presence: r.IntN(2) * 10, last: -1}
	window := 1 + r.IntN(3)
	places := 4
	if s.presence > 0 {
		places = 8
	}
	cfg := ChunkGroupConfig{Window: window, Chunks: newChunks(window+r.IntN(2), 80, places, 4)}
	if s.lossless {
		cfg.Eviction = Lossless
	}
	if r.IntN(3) == 0 {
		cfg.Ready = s.take
	}
	var err error
	if s.group, err = NewChunkGroup(cfg); err != nil {
		t.Fatal(err)
	}
	streams := 1 + r.IntN(3)
	dealt := dealtPackets(streams, int64(100+r.IntN(300)))
	for i := range streams {
		s.addStream(i, dealt[i])
	}
	return s
}

func (s *storm) addStream(i int, packets [][]byte) {
	s.t.Helper()
	cfg := ChunkConfig{Config: Config{MaxHeaps: 16, CheckAccounts: true, AllowOutOfOrder: s.r.IntN(2) == 0},
		Items: []spead.ItemID{modelTime}, MaxExtra: 1, StreamID: i, PacketPresence: s.presence, Place: s.place}
	stream, err := s.group.Add(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.r.IntN(4) == 0 { // late and repeated
		packets = append(packets, packets[len(packets)/2:]...)
	}
	source := &stormSource{packetSource: packetSource{packets, 1 + s.r.IntN(20)}, closed: make(chan struct{}), ends: s.r.IntN(3) > 0}
	var src Source = source
	if s.r.IntN(2) == 0 {
		src = pushed{source}
	}
	if err := stream.AddSource(src); err != nil {
		s.t.Fatal(err)
	}
}

func (s *storm) place(p *Placement) {
	testLayout.place(p)
	if s.presence > 0 {
		p.HeapIndex *= 2
	}
}

// take looks at a chunk that was handed over.
func (s *storm) take(c *Chunk) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.ID <= s.last {
		s.t.Errorf("chunk %d after %d", c.ID, s.last)
	}
	s.last = c.ID
	s.heaps += int64(c.Heaps)
	s.bytes += c.Bytes
	unit := len(c.Data) / len(c.Present)
	for i, present := range c.Present {
		ts := c.ID*4 + int64(i*unit/20)
		want := byte(ts)*7 + byte(i*unit%20)
		if got := c.Data[i*unit]; present != 0 && got != want {
			s.t.Errorf("chunk %d, place %d: %d, want %d", c.ID, i, got, want)
		}
	}
	if present := bytes.Count(c.Present, []byte{1}); c.PresentPlaces != present || c.MissingPlaces != len(c.Present)-present || c.RepeatedPlaces < 0 {
		s.t.Errorf("chunk %d: %+v", c.ID, c.ChunkTally)
	}
	s.held = append(s.held, c)
}

// giveBack recycles chunks that are held beyond a number.
func (s *storm) giveBack(most int) {
	s.mu.Lock()
	held := s.held
	s.held = nil
	if len(held) > most {
		s.held, held = held[:most:most], held[most:]
	} else {
		s.held, held = held, nil
	}
	s.mu.Unlock()
	for _, c := range held {
		if err := s.group.Recycle(c); err != nil {
			s.t.Error(err)
		}
	}
}

// run starts the group, takes some chunks, and ends it.
func (s *storm) run() {
	if err := s.group.Start(); err != nil {
		s.t.Fatal(err)
	}
	var others sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	how, steps := s.r.IntN(4), s.r.IntN(60)
	streams := s.group.Streams()
	victim := streams[s.r.IntN(len(streams))]
	others.Go(func() {
		defer cancel()
		for range steps {
			if c, err := s.group.TryNext(); err == nil && c != nil {
				s.take(c)
			}
			s.giveBack(0)
		}
		switch how {
		case 0:
			_ = s.group.Stop()
		case 1:
			_ = s.group.Close()
		case 2:
			_ = victim.Stop()
		case 3:
			_ = victim.Close()
		}
	})
	others.Go(func() {
		for ctx.Err() == nil {
			for _, stream := range streams {
				checkLaw(s.t, stream.Stats())
			}
		}
	})
	others.Wait()
	s.giveBack(0)
	if err := s.group.Close(); err != nil {
		s.t.Error(err)
	}
	for {
		c, err := s.group.Next(s.t.Context())
		if errors.Is(err, ErrStopped) {
			break
		}
		s.take(c)
	}
	s.settle(streams)
}

// settle compares what streams say with what came.
func (s *storm) settle(streams []*ChunkStream) {
	var heaps, bytes int64
	for _, stream := range streams {
		st := stream.Stats()
		checkLaw(s.t, st)
		heaps += st.HeapsDelivered
		bytes += st.PayloadBytesDelivered
		if err := stream.Err(); err != nil {
			s.t.Error(err)
		}
	}
	if heaps != s.heaps || bytes != s.bytes {
		s.t.Errorf("%d heaps and %d bytes were delivered, but chunks have %d and %d", heaps, bytes, s.heaps, s.bytes)
	}
	s.giveBack(0)
}

func TestGroupsSurviveStorms(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { newStorm(t, seed).run() })
		if t.Failed() {
			return
		}
	}
}
