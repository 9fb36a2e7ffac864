// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	// Block is about how many bytes the packets in memory hold, all of them different; at least one
	// heap. What a run needs beyond is the same packets again, to a new stream.
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
	m := memoryRun{block: block, size: size, heaps: int64(len(block.ends)), verify: true}
	if _, err := m.receive(ctx, WayNext); err != nil {
		return r, err
	}
	r.Verified = m.heaps
	m.heaps, m.verify, block.data = r.Heaps, false, nil // which is as much memory again
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

	// taken are those of the stream.
	taken int64
	// fault is the first. While a stream is open, it belongs to whoever takes heaps.
	fault error
}

// receive is one run: the block again and again, each time by a new stream. All heaps have to come, whole
// and in order. As in spead2_bench mem, making a stream and its memory isn't measured, starting it is.
func (m *memoryRun) receive(ctx context.Context, way string) (Run, error) {
	var r Run
	var elapsed, used time.Duration
	for left := m.heaps; left > 0; left -= m.taken {
		if err := ctx.Err(); err != nil { // a stream that always has something to give doesn't look
			return r, err
		}
		e, u, err := m.pass(ctx, way, min(left, int64(len(m.block.ends))))
		if err != nil {
			return r, err
		}
		elapsed, used = elapsed+e, used+u
	}
	return newRun(m.heaps*m.size, elapsed, used), nil
}

// pass receives the block's first heaps.
func (m *memoryRun) pass(ctx context.Context, way string, heaps int64) (elapsed, used time.Duration, err error) {
	m.taken, m.fault = 0, nil
	stream, err := recv.NewStream(m.config(way))
	if err != nil {
		return 0, 0, err
	}
	defer stream.Close()
	began, usedBefore := time.Now(), ProcessorTime()
	if err := errors.Join(stream.AddMemory(m.block.first(heaps)), stream.Start()); err != nil {
		return 0, 0, err
	}
	for {
		h, err := stream.Next(ctx)
		if errors.Is(err, recv.ErrStopped) {
			break
		}
		if err != nil {
			return 0, 0, err
		}
		if m.take(h); m.fault != nil {
			break // with OnHeap, Next gives no heap, and the fault is not ours to look at yet
		}
	}
	elapsed, used = time.Since(began), ProcessorTime()-usedBefore
	if err := stream.Close(); err != nil {
		return 0, 0, err
	}
	if m.fault == nil && m.taken != heaps {
		m.fault = fmt.Errorf("%d of %d heaps were received", m.taken, heaps)
	}
	return elapsed, used, errors.Join(m.fault, stream.Err())
}

func (m *memoryRun) config(way string) recv.Config {
	cfg := recv.Config{
		MaxHeapLength: max(m.size, 1), MaxMemory: 16 * (m.size + 1<<20), MaxPool: 16 * (m.size + 1<<20),
		Reserve: []recv.Reserve{{HeapBytes: m.size, Heaps: 8}}, MaxSenders: -1,
	}
	if way == WayOnHeap {
		cfg.OnHeap = m.take
	}
	return cfg
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
