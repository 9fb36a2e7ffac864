// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
)

// Memory is what to measure of decoding and assembling: packets that lie in memory, and no network. It
// has no useful zero value but for the fields that say so.
type Memory struct {
	// PacketSize is the largest packet in bytes.
	PacketSize int
	// Items is the number of items that a heap's data is divided into.
	Items int
	// Total is about how many bytes of data each run receives; at least one heap is.
	Total int64
	// Block is about how many bytes of data the packets in memory hold, all of them different; at least one
	// heap. What a run needs beyond is the same packets with other heap cnts.
	Block int64
	// Repeats is how often each heap size is measured, both ways.
	Repeats int
	// Ran, if not nil, is told of each run.
	Ran func(way string, r Run)
}

// The ways to take heaps.
const (
	// WayNext waits for heaps, WayOnHeap is called with them.
	WayNext   = "Next"
	WayOnHeap = "OnHeap"
)

// MemoryResult is what the runs of one heap size showed.
type MemoryResult struct {
	HeapSize   int64 `json:"heap_size"`
	PacketSize int   `json:"packet_size"`
	Items      int   `json:"items"`
	Heaps      int64 `json:"heaps"`
	Repeats    int   `json:"repeats"`
	// Verified is the number of heaps whose every byte was compared, before the runs.
	Verified int64         `json:"heaps_verified"`
	Next     MemoryFigures `json:"next"`
	OnHeap   MemoryFigures `json:"on_heap"`
}

// MemoryFigures are medians, unless the name says otherwise.
type MemoryFigures struct {
	BytesPerSecond float64 `json:"bytes_per_second"`
	Lowest         float64 `json:"bytes_per_second_min"`
	Highest        float64 `json:"bytes_per_second_max"`
	HeapsPerSecond float64 `json:"heaps_per_second"`
	Processor      float64 `json:"cpu_seconds_per_gb"`
}

// Heaps is how many heaps of a size a run receives.
func (o *Memory) Heaps(size int64) int64 { return max(o.Total/size, 1) }

// Measure measures one heap size. First, all packets in memory are received once and every byte is
// compared. It ends early, with an error, when ctx does.
func (o *Memory) Measure(ctx context.Context, size int64) (MemoryResult, error) {
	r := MemoryResult{HeapSize: size, PacketSize: o.PacketSize, Items: o.Items, Heaps: o.Heaps(size), Repeats: o.Repeats}
	block, err := layPackets(o, size)
	if err != nil {
		return r, err
	}
	m := memoryRun{block: block, size: size, heaps: int64(len(block.heaps)), verify: true}
	if _, err := m.receive(ctx, WayNext); err != nil {
		return r, err
	}
	r.Verified = m.heaps
	m.heaps, m.verify = r.Heaps, false
	runs := map[string][]Run{}
	for range o.Repeats {
		for _, way := range []string{WayNext, WayOnHeap} {
			run, err := m.receive(ctx, way)
			if err != nil {
				return r, err
			}
			runs[way] = append(runs[way], run)
			if o.Ran != nil {
				o.Ran(way, run)
			}
		}
	}
	r.Next, r.OnHeap = memoryFigures(runs[WayNext], size), memoryFigures(runs[WayOnHeap], size)
	return r, nil
}

func memoryFigures(runs []Run, size int64) MemoryFigures {
	var rates, used []float64
	for _, r := range runs {
		rates, used = append(rates, r.Rate), append(used, r.Processor)
	}
	slices.Sort(rates)
	slices.Sort(used)
	return MemoryFigures{
		BytesPerSecond: median(rates), Lowest: rates[0], Highest: rates[len(rates)-1],
		HeapsPerSecond: median(rates) / float64(size), Processor: median(used),
	}
}

// memoryRun receives heaps from a block.
type memoryRun struct {
	block *packetBlock
	size  int64
	// heaps is how many to receive.
	heaps  int64
	verify bool

	taken int64
	// fault is the first. While the stream is open, it belongs to whoever takes heaps.
	fault error
}

// receive is one run. All heaps have to come, whole and in order.
func (m *memoryRun) receive(ctx context.Context, way string) (Run, error) {
	m.taken, m.fault = 0, nil
	cfg := recv.Config{
		MaxHeapLength: max(m.size, 1), MaxMemory: 16 * (m.size + 1<<20), MaxPool: 16 * (m.size + 1<<20),
		Reserve: []recv.Reserve{{HeapBytes: m.size, Heaps: 8}}, MaxSenders: -1,
	}
	if way == WayOnHeap {
		cfg.OnHeap = m.take
	}
	stream, err := recv.NewStream(cfg)
	if err != nil {
		return Run{}, err
	}
	defer stream.Close()
	began, used := time.Now(), ProcessorTime()
	if err := errors.Join(stream.AddSource(&blockSource{ctx: ctx, block: m.block, left: m.heaps}), stream.Start()); err != nil {
		return Run{}, err
	}
	for {
		h, err := stream.Next(ctx)
		if errors.Is(err, recv.ErrStopped) {
			break
		}
		if err != nil {
			return Run{}, err
		}
		if m.take(h); m.fault != nil {
			break // with OnHeap, Next gives no heap, and the fault is not ours to look at yet
		}
	}
	r := newRun(m.heaps*m.size, time.Since(began), ProcessorTime()-used)
	if err := stream.Close(); err != nil {
		return r, err
	}
	if m.fault == nil && m.taken != m.heaps {
		m.fault = fmt.Errorf("%d of %d heaps were received", m.taken, m.heaps)
	}
	return r, errors.Join(m.fault, stream.Err())
}

// take takes the next heap.
func (m *memoryRun) take(h *recv.Heap) {
	defer h.Release()
	m.taken++
	if m.fault != nil {
		return
	}
	if want := spead.HeapCnt(m.taken); h.Cnt() != want || h.Received() != m.size || !h.Complete() {
		m.fault = fmt.Errorf("heap %d of %d bytes came, expected heap %d of %d bytes", h.Cnt(), h.Received(), want, m.size)
		return
	}
	if m.verify {
		m.fault = m.block.compare(h, m.taken-1)
	}
}

// blockSource gives a block's packets again and again, with heap cnts that go on from 1.
type blockSource struct {
	// ctx ends the source early: a stream that always has something to read doesn't look.
	ctx   context.Context
	block *packetBlock
	// left is the number of heaps that are still to come, cnt that of the one before.
	left int64
	cnt  spead.HeapCnt
	// heap and packet are what comes next.
	heap, packet int
}

// ReadBatch is never called, as there is TryReadBatch.
func (s *blockSource) ReadBatch(b *recv.Batch) error { return s.TryReadBatch(b) }

// Wait returns: there is always something, or the end.
func (s *blockSource) Wait() error { return nil }

// Close has nothing to free.
func (s *blockSource) Close() error { return nil }

// TryReadBatch adds as many packets as a socket gives at once.
func (s *blockSource) TryReadBatch(b *recv.Batch) error {
	const most = 64
	if err := s.ctx.Err(); err != nil {
		return err
	}
	for range min(most, s.block.packets) { // each packet once: its heap cnt is in its own memory
		if s.left == 0 {
			return io.EOF
		}
		packets := s.block.heaps[s.heap]
		if s.packet == 0 {
			s.cnt++
		}
		setHeapCnt(packets[s.packet], s.cnt)
		b.Add(packets[s.packet])
		s.packet++
		if s.packet == len(packets) {
			s.left--
			s.packet, s.heap = 0, (s.heap+1)%len(s.block.heaps)
		}
	}
	return nil
}

// compare compares a heap's items with what was laid.
func (b *packetBlock) compare(h *recv.Heap, index int64) error {
	at, items := index*b.heapBytes, 0
	for item := range h.Items() {
		if item.ID < memoryItem {
			continue
		}
		value := item.Value
		if want := b.data[at:][:b.itemBytes[items]]; !bytes.Equal(value, want) {
			return fmt.Errorf("heap %d: item %v differs from what was sent", h.Cnt(), item.ID)
		}
		at += int64(len(value))
		items++
	}
	if items != len(b.itemBytes) {
		return fmt.Errorf("heap %d has %d of %d items", h.Cnt(), items, len(b.itemBytes))
	}
	return nil
}
