// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

var stressSeeds = flag.Uint64("stress-seeds", 30, "how many seeds to try of the hand-over's stress test")

// TestHandOverUnderStress has many callers do everything at once that a stream lets them, over a
// transport that is full now and then, and looks at what has arrived: every batch completes exactly
// once, with exact results, and batches leave in the order in which they were queued.
func TestHandOverUnderStress(t *testing.T) {
	for seed := range *stressSeeds {
		if stress(t, seed); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// stressSizes are payloads of a packet, of a few, around what waits for company, and of what the worker
// gets.
var stressSizes = []int{0, 100, 3000, companyBytes - 100, companyBytes, workerBytes}

func stress(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	tr := &stressTransport{
		rng: rand.New(rand.NewPCG(seed, 1)), fullness: rng.IntN(4),
		wake: make(chan struct{}, 1), heaps: map[spead.HeapCnt]*arrivedHeap{},
	}
	var over transport = tr
	if rng.IntN(2) == 0 {
		over = dividedTransport{tr}
	}
	s := newPromptStream(t, Config{MaxHeaps: 4 + rng.IntN(60), MaxPacketSize: 9000}, over)
	log := &stressLog{heaps: map[spead.HeapCnt]accepted{}}
	var wg sync.WaitGroup
	for i := range 1 + rng.IntN(6) {
		caller := stressCaller{t: t, stream: s, log: log, rng: rand.New(rand.NewPCG(seed, uint64(2+i))), large: rng.IntN(4) == 0}
		wg.Go(caller.run)
	}
	if rng.IntN(2) == 0 {
		for range rng.IntN(200) {
			runtime.Gosched()
		}
		s.Close()
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	log.check(t, tr)
	if st := s.Stats(); st.HeapsInFlight != 0 || st.Heaps+st.FailedHeaps != int64(len(log.heaps)) || st.Batches != log.batches {
		t.Errorf("%+v, but %d heaps in %d batches were accepted", st, len(log.heaps), log.batches)
	}
}

// stressCaller does one thing after the other.
type stressCaller struct {
	t       *testing.T
	stream  *Stream
	log     *stressLog
	rng     *rand.Rand
	large   bool
	batches [4]Batch
	sizes   [4][]int // of each batch's heaps
	flying  [4]bool
	closed  bool
}

func (c *stressCaller) run() {
	for range 120 {
		if c.closed {
			break
		}
		c.step(c.rng.IntN(len(c.batches)))
	}
	for i := range c.batches {
		c.finish(i)
	}
}

func (c *stressCaller) step(i int) {
	b := &c.batches[i]
	switch c.rng.IntN(12) {
	case 0:
		b.Cancel()
	case 1:
		if err := c.stream.Flush(c.t.Context()); err != nil {
			c.t.Error(err)
		}
	case 2:
		ctx, cancel := context.WithCancel(c.t.Context())
		cancel()
		if err := b.Wait(ctx); err == nil || !errors.Is(err, ctx.Err()) {
			c.finish(i)
		}
	case 3:
		c.single()
	case 4:
		c.finish(i)
	default:
		c.finish(i)
		c.queue(i)
	}
}

func (c *stressCaller) size() int {
	most := len(stressSizes)
	if !c.large {
		most--
	}
	return stressSizes[c.rng.IntN(min(most, 1+c.rng.IntN(most)))]
}

// single sends one heap, sometimes without the patience to wait for it.
func (c *stressCaller) single() {
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	if c.rng.IntN(3) == 0 {
		go func() {
			runtime.Gosched()
			cancel()
		}()
	}
	size := c.size()
	r, err := c.stream.Send(ctx, heapOf(size))
	if r.Cnt == 0 {
		c.refused(err)
		return
	}
	c.log.add(c, []Result{r}, []int{size}, Serial)
}

// queue queues a batch.
func (c *stressCaller) queue(i int) {
	b := &c.batches[i]
	b.Heaps, b.Order, c.sizes[i] = b.Heaps[:0], Order(c.rng.IntN(3)), c.sizes[i][:0]
	for range 1 + c.rng.IntN(4) {
		c.sizes[i] = append(c.sizes[i], c.size())
		b.Heaps = append(b.Heaps, Ref{Heap: heapOf(c.sizes[i][len(b.Heaps)])})
	}
	err := c.stream.TrySendBatch(b)
	if errors.Is(err, ErrQueueFull) && c.rng.IntN(2) == 0 {
		err = c.stream.SendBatch(c.t.Context(), b)
	}
	if err != nil {
		c.refused(err)
		return
	}
	c.flying[i] = true
}

func (c *stressCaller) refused(err error) {
	switch {
	case errors.Is(err, ErrClosed):
		c.closed = true
	case !errors.Is(err, ErrQueueFull) && !errors.Is(err, context.Canceled):
		c.t.Error(err)
	}
}

// finish waits for a batch, and notes its results once.
func (c *stressCaller) finish(i int) {
	if !c.flying[i] {
		return
	}
	c.flying[i] = false
	b := &c.batches[i]
	if err := b.Wait(c.t.Context()); err != nil && !errors.Is(err, context.Canceled) {
		c.t.Error(err)
	}
	c.log.add(c, b.Results(), c.sizes[i], b.Order)
}

// accepted is a heap that a stream accepted.
type accepted struct {
	result Result
	size   int
	order  Order
	first  spead.HeapCnt // of its batch
}

// stressLog has the results of all batches.
type stressLog struct {
	mu      sync.Mutex
	heaps   map[spead.HeapCnt]accepted
	batches int64
}

func (l *stressLog) add(c *stressCaller, results []Result, sizes []int, order Order) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, r := range results {
		if _, twice := l.heaps[r.Cnt]; twice || r.Cnt != results[0].Cnt+spead.HeapCnt(i) {
			c.t.Errorf("heap %d: cnt %d of a batch that begins with %d, twice: %t", i, r.Cnt, results[0].Cnt, twice)
		}
		l.heaps[r.Cnt] = accepted{r, sizes[i], order, results[0].Cnt}
	}
	l.batches++
}

// check compares results with what has arrived.
func (l *stressLog) check(t *testing.T, tr *stressTransport) {
	for cnt := range len(l.heaps) {
		if _, ok := l.heaps[spead.HeapCnt(cnt+1)]; !ok {
			t.Errorf("heap %d of %d has no result", cnt+1, len(l.heaps))
		}
	}
	for cnt, a := range l.heaps {
		h := tr.heaps[cnt]
		if h == nil {
			h = &arrivedHeap{}
		}
		if h.bytes != a.result.Bytes || a.result.Err == nil && h.payload < int64(a.size) {
			t.Errorf("heap %d of %d bytes: %+v, but %+v arrived", cnt, a.size, a.result, *h)
		}
	}
	var before accepted
	for _, cnt := range tr.cnts {
		a := l.heaps[cnt]
		if a.first < before.first || a.order == Serial && a.result.Cnt < before.result.Cnt {
			t.Errorf("a packet of heap %d (%+v) left after one of %+v", cnt, a, before)
			break
		}
		before = a
	}
	if tr.wrong != "" {
		t.Error(tr.wrong)
	}
}

// arrivedHeap is what a transport has got of a heap.
type arrivedHeap struct{ bytes, payload int64 }

// stressTransport takes what it is given only in part now and then.
type stressTransport struct {
	mu       sync.Mutex
	rng      *rand.Rand
	fullness int
	wake     chan struct{}
	heaps    map[spead.HeapCnt]*arrivedHeap
	cnts     []spead.HeapCnt // of each packet, in order, but for repetitions
	wrong    string
	buffer   []byte
}

func (s *stressTransport) TryWriteBatch(d []wire.Datagram) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(d)
	if s.rng.IntN(8) < s.fullness {
		n = s.rng.IntN(len(d) + 1)
	}
	s.take(d[:n])
	return n, nil
}

// WriteBatch waits for as long as chance has it, or until it is interrupted.
func (s *stressTransport) WriteBatch(d []wire.Datagram) (int, error) {
	s.mu.Lock()
	yields, n := 0, len(d)
	if s.rng.IntN(8) < s.fullness {
		yields, n = s.rng.IntN(50), 1+s.rng.IntN(len(d))
	}
	s.mu.Unlock()
	for range yields {
		select {
		case <-s.wake:
			return 0, nil
		default:
			runtime.Gosched()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(d[:n])
	return n, nil
}

func (s *stressTransport) take(d []wire.Datagram) {
	for i := range d {
		var p wire.Packet
		s.buffer = d[i].AppendTo(s.buffer[:0])
		if size, refusal := p.Decode(s.buffer); refusal != 0 || size != d[i].Size {
			s.wrong = "a packet can't be decoded"
			return
		}
		h := s.heaps[p.Cnt]
		if h == nil {
			h = &arrivedHeap{}
			s.heaps[p.Cnt] = h
		}
		if p.PayloadOffset < h.payload {
			s.wrong = "payload was sent twice"
		}
		for at, b := range p.Payload {
			if b != byte(int(p.PayloadOffset)+at) {
				s.wrong = "payload was changed"
			}
		}
		h.payload = p.PayloadOffset + int64(len(p.Payload))
		h.bytes += int64(d[i].Size)
		if n := len(s.cnts); n == 0 || s.cnts[n-1] != p.Cnt {
			s.cnts = append(s.cnts, p.Cnt)
		}
	}
}

func (s *stressTransport) Interrupt() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stressTransport) Hurry() { s.Interrupt() }

func (s *stressTransport) Close() error { return nil }

// dividedTransport has a second way in.
type dividedTransport struct{ *stressTransport }

func (d dividedTransport) Second() (transport, error) { return d.stressTransport, nil }
