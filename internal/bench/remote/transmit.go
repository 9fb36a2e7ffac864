// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"context"
	"net/netip"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/bench"
	"github.com/gospead/spead/internal/pattern"
	"github.com/gospead/spead/send"
)

// Sender is how the controller sends. Its zero value is what the library does by default.
type Sender struct {
	// Layout is how heaps are cut into packets.
	Layout send.Layout
	// Burst is how many bytes go out back to back, and Ratio how much faster than the rate a delay may be
	// caught up.
	Burst int
	Ratio float64
	// Buffer is the size of the socket's buffer in bytes.
	Buffer int
}

const (
	// batches are sent in turn, each of about batchBytes.
	batches    = 2
	batchBytes = 512 << 10
)

// transmission sends the heaps of a run.
type transmission struct {
	stream  *send.Stream
	setup   *Setup
	batches [batches]send.Batch
	refs    [batches][]send.Ref
	data    [batches][]byte
	// next is the cnt of the next heap.
	next uint64
}

// transmit sends heaps with cnts from first on, at a rate in bytes per second, for as long as asked.
func (c *Controller) transmit(ctx context.Context, to netip.AddrPort, rate float64) (Sent, error) {
	perBatch := c.heapsPerBatch(rate)
	o := c.Sender
	stream, err := send.NewUDP(send.UDPConfig{
		Config: send.Config{MaxPacketSize: c.Setup.PacketSize, Layout: o.Layout, MaxHeaps: batches * perBatch,
			Rate: rate, BurstSize: o.Burst, BurstRateRatio: o.Ratio},
		Endpoints: []netip.AddrPort{to}, BufferSize: o.Buffer,
	})
	if err != nil {
		return Sent{}, err
	}
	defer stream.Close()
	t := &transmission{stream: stream, setup: &c.Setup, next: c.next}
	if err := stream.SetCntSequence(spead.HeapCnt(c.next), 1); err != nil {
		return Sent{}, err
	}
	for i := range t.batches {
		t.lay(i, perBatch)
	}
	began, used := time.Now(), bench.ProcessorTime()
	err = t.run(ctx, began.Add(c.Duration))
	var s Sent
	s.Seconds, s.Processor = time.Since(began).Seconds(), (bench.ProcessorTime() - used).Seconds()
	st := stream.Stats()
	s.note(&st)
	c.next = t.next
	return s, err
}

// heapsPerBatch is few enough for a run at a rate to have several batches, so that it takes the time that
// it should.
func (c *Controller) heapsPerBatch(rate float64) int {
	const perRun = 4
	bytes := float64(batchBytes)
	if rate > 0 {
		bytes = min(bytes, rate*c.Duration.Seconds()/perRun)
	}
	return int(max(1, bytes/float64(c.Setup.HeapSize)))
}

// lay makes the heaps of a batch.
func (t *transmission) lay(i, heaps int) {
	t.data[i] = make([]byte, int64(heaps)*t.setup.HeapSize)
	clear(t.data[i]) // so that its pages are there
	for j := range heaps {
		h := send.NewHeap(spead.Flavour{})
		data := t.data[i][int64(j)*t.setup.HeapSize:][:t.setup.HeapSize]
		for k, n := range t.setup.itemBytes() {
			h.AddItem(firstItem+spead.ItemID(k), data[:n])
			data = data[n:]
		}
		t.refs[i] = append(t.refs[i], send.Ref{Heap: h})
	}
}

// run sends batch after batch until the time has come. Heaps that couldn't be sent are counted, not
// reported.
func (t *transmission) run(ctx context.Context, until time.Time) error {
	for i := 0; ctx.Err() == nil && time.Now().Before(until); i = (i + 1) % batches {
		if err := t.collect(ctx, i); err != nil {
			return err
		}
		t.fill(i)
		t.batches[i].Heaps = t.refs[i]
		if err := t.stream.SendBatch(ctx, &t.batches[i]); err != nil {
			return err
		}
		t.next += uint64(len(t.refs[i]))
	}
	for i := range t.batches {
		if err := t.collect(ctx, i); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// collect waits for a batch. When ctx ends, all batches are cancelled.
func (t *transmission) collect(ctx context.Context, i int) error {
	_ = t.batches[i].Wait(ctx) // heaps that failed are in the statistics
	if ctx.Err() == nil {
		return nil
	}
	for i := range t.batches {
		t.batches[i].Cancel()
	}
	return ctx.Err()
}

// fill makes the contents that are to be verified.
func (t *transmission) fill(i int) {
	if !t.setup.Verify {
		return
	}
	for j := range t.refs[i] {
		data := t.data[i][int64(j)*t.setup.HeapSize:][:t.setup.HeapSize]
		position := t.setup.position(t.next + uint64(j))
		for _, n := range t.setup.itemBytes() {
			pattern.Fill(data[:n], position)
			position += uint64(n / pattern.WordBytes)
			data = data[n:]
		}
	}
}
