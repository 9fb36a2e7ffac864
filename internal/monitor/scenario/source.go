// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
	"github.com/gospead/spead/recv"
)

const (
	payloadSize    = 8192
	packetsPerHeap = 4
	batchInterval  = 100 * time.Millisecond
)

// mishap is what happens to packets at a time of the script.
type mishap struct {
	from, until time.Duration
	// every says that of so many heaps one is concerned.
	every int64
	// packets is how many of its packets don't come; all of them: the heap is never seen.
	packets int
	// dropped says that the kernel counted them.
	dropped bool
}

// script says what comes of a stream.
type script struct {
	name   string
	sender netip.AddrPort
	// heaps is how many come in each batch.
	heaps int
	// wave is how far the number of heaps goes up and down.
	wave    int
	stops   time.Duration // 0: never
	mishaps []mishap
	// junk is when something comes that isn't SPEAD.
	junk time.Duration
}

// source gives what the script says, when it says so.
type source struct {
	script
	start  time.Time
	at     time.Duration
	cnt    int64
	closed chan struct{}
	once   sync.Once
	buffer []byte
	ends   []int
}

func newSource(s script) *source {
	return &source{script: s, start: time.Now(), at: 7 * time.Millisecond, closed: make(chan struct{})}
}

// ReadBatch waits until the next batch is due.
func (s *source) ReadBatch(b *recv.Batch) error {
	timer := time.NewTimer(time.Until(s.start.Add(s.at)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closed:
		return io.EOF
	}
	s.fill(b)
	s.at += batchInterval
	return nil
}

// Close ends the source.
func (s *source) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// fill makes the packets that are due.
func (s *source) fill(b *recv.Batch) {
	if s.heaps == 0 || s.stops > 0 && s.at >= s.stops {
		return
	}
	s.buffer, s.ends = s.buffer[:0], s.ends[:0]
	heaps := s.heaps
	if s.wave > 0 { // a saw, so that plots have something to show
		heaps += int(s.at/(2*time.Second)) % (s.wave + 1)
	}
	for range heaps {
		s.cnt++
		s.addHeap(b)
	}
	if s.junk > 0 && s.at >= s.junk && s.at < s.junk+batchInterval {
		s.buffer = append(s.buffer, "not SPEAD at all"...)
		s.ends = append(s.ends, len(s.buffer))
	}
	begin := 0
	for _, end := range s.ends {
		b.Add(s.buffer[begin:end])
		begin = end
	}
	b.Origins = append(b.Origins, recv.Origin{Addr: s.sender, Datagrams: len(s.ends), Bytes: int64(len(s.buffer))})
}

// addHeap adds the packets of a heap, without those that are lost.
func (s *source) addHeap(b *recv.Batch) {
	lost := 0
	for _, m := range s.mishaps {
		if s.at < m.from || s.at >= m.until || s.cnt%m.every != 0 {
			continue
		}
		lost = m.packets
		if m.dropped {
			b.KernelDrops += int64(lost)
		}
	}
	var f spead.Flavour
	for i := range packetsPerHeap - lost {
		s.buffer = wire.AppendHeader(s.buffer, f, wire.SpecialCount)
		s.buffer = wire.AppendSpecials(s.buffer, f, wire.Specials{
			Cnt:           spead.HeapCnt(s.cnt),
			HeapLength:    packetsPerHeap * payloadSize,
			PayloadOffset: int64(i) * payloadSize,
			PayloadLength: payloadSize,
		})
		s.buffer = append(s.buffer, make([]byte, payloadSize)...)
		s.ends = append(s.ends, len(s.buffer))
	}
}
