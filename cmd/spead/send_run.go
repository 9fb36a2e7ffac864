// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pattern"
	"github.com/gospead/spead/send"
)

// firstItem is the id of the first test item, as in spead2.
const firstItem = pattern.FirstItem

// sendRun sends heaps in a ring of slots: while some are in flight, the next is filled. All memory is
// used again and again.
type sendRun struct {
	options *sendOptions
	stream  *send.Stream
	slots   []*sendSlot
	// next is the index of the next heap.
	next    int64
	started time.Time

	heaps, bytes, failed int64
	// lastErr is why a heap failed, most recently.
	lastErr error
}

// sendSlot is a batch with memory of its own.
type sendSlot struct {
	batch send.Batch
	heaps []*send.Heap
	// data holds the data of all the heaps, one after the other.
	data []byte
}

func newSendRun(stream *send.Stream, o *sendOptions) (*sendRun, error) {
	r := &sendRun{options: o, stream: stream}
	// Two batches in flight keep the sender busy; more would only be harder on the cache.
	total := o.slots()
	perSlot := max(1, total/2)
	for made := 0; made < total; made += perSlot {
		r.slots = append(r.slots, o.newSlot(min(perSlot, total-made)))
	}
	// What is wrong with the heaps is found out before the first leaves.
	return r, r.slots[0].describe(0, o)
}

// newSlot returns a slot for a number of heaps, without descriptors and with values of zero.
func (o *sendOptions) newSlot(heaps int) *sendSlot {
	heapBytes := o.elements() * int64(o.items) * pattern.WordBytes
	s := &sendSlot{data: make([]byte, heapBytes*int64(heaps))}
	clear(s.data)
	for i := range heaps {
		h := send.NewHeap(o.flavour)
		s.addItems(h, s.data[int64(i)*heapBytes:][:heapBytes], o.items)
		s.heaps = append(s.heaps, h)
	}
	return s
}

func (s *sendSlot) addItems(h *send.Heap, data []byte, items int) {
	itemBytes := len(data) / items
	for i := range items {
		h.AddCompact(firstItem+spead.ItemID(i), data[i*itemBytes:][:itemBytes])
	}
}

// describe makes a slot's heap one with descriptors.
func (s *sendSlot) describe(heap int, o *sendOptions) error {
	dtype, err := spead.ParseDType(">u4")
	if err != nil {
		return err
	}
	h := s.heaps[heap]
	h.Reset()
	for i := range o.items {
		err := h.AddDescriptor(spead.Descriptor{
			ID:          firstItem + spead.ItemID(i),
			Name:        fmt.Sprintf("Test item %d", i),
			Description: "A test item with arbitrary value",
			Shape:       spead.Shape{o.elements()},
			DType:       dtype,
		})
		if err != nil {
			return err
		}
	}
	s.addItems(h, s.heapData(heap), o.items)
	return nil
}

func (s *sendSlot) undescribe(heap int, o *sendOptions) {
	h := s.heaps[heap]
	if h.Len() > o.items {
		h.Reset()
		s.addItems(h, s.heapData(heap), o.items)
	}
}

func (s *sendSlot) heapData(heap int) []byte {
	heapBytes := len(s.data) / len(s.heaps)
	return s.data[heap*heapBytes:][:heapBytes]
}

// run sends all heaps, or until ctx ends, and then the stop heaps. An error says that nothing could
// be sent, or that some heaps were not.
func (r *sendRun) run(ctx context.Context) error {
	r.started = time.Now()
	var err error
	for i := 0; err == nil && r.more(ctx); i++ {
		s := r.slots[i%len(r.slots)]
		if err = r.collect(ctx, s); err == nil && r.more(ctx) {
			err = r.send(ctx, s)
		}
	}
	for _, s := range r.slots {
		err = cmp.Or(err, r.collect(ctx, s)) // one reason is enough
	}
	if err == nil && ctx.Err() == nil {
		err = r.stop(ctx)
	}
	if ctx.Err() != nil {
		err = nil // what was interrupted hasn't failed
	}
	if err == nil && r.failed > 0 {
		return fmt.Errorf("%d of %d heaps failed, the last: %w", r.failed, r.failed+r.heaps, r.lastErr)
	}
	return err
}

func (r *sendRun) more(ctx context.Context) bool {
	return ctx.Err() == nil && (r.options.heaps < 0 || r.next < r.options.heaps)
}

// send fills a slot's heaps and queues them.
func (r *sendRun) send(ctx context.Context, s *sendSlot) error {
	endpoints := int64(r.stream.Substreams())
	s.batch.Heaps = s.batch.Heaps[:0]
	for i, h := range s.heaps {
		if !r.more(ctx) {
			break
		}
		if r.next < endpoints {
			if err := s.describe(i, r.options); err != nil {
				return err
			}
		} else {
			s.undescribe(i, r.options)
		}
		if data := s.heapData(i); r.options.verify {
			pattern.Fill(data, uint64(r.next)*uint64(len(data)/pattern.WordBytes))
		}
		s.batch.Heaps = append(s.batch.Heaps, send.Ref{Heap: h, Substream: int(r.next % endpoints)})
		r.next++
	}
	if len(s.batch.Heaps) == 0 {
		return nil
	}
	return r.stream.SendBatch(ctx, &s.batch)
}

// collect waits for a slot's heaps and counts them. If nothing has left at all, the error is
// returned: it is not worth to go on.
func (r *sendRun) collect(ctx context.Context, s *sendSlot) error {
	if len(s.batch.Heaps) == 0 {
		return nil // collected before
	}
	err := s.batch.Wait(ctx)
	if err != nil && ctx.Err() != nil {
		for _, s := range r.slots {
			s.batch.Cancel() // those behind as well, which nobody has waited for yet
		}
		err = s.batch.Wait(context.WithoutCancel(ctx))
	}
	for _, result := range s.batch.Results() {
		r.bytes += result.Bytes
		switch {
		case result.Err == nil:
			r.heaps++
		case !errors.Is(result.Err, context.Canceled):
			r.failed++
			r.lastErr = result.Err
		}
	}
	s.batch.Heaps = s.batch.Heaps[:0]
	if err != nil && r.bytes == 0 {
		return err
	}
	return nil
}

// stop sends a heap with the stop item to each endpoint.
func (r *sendRun) stop(ctx context.Context) error {
	h := send.NewHeap(r.options.flavour)
	h.AddStop()
	for i := range r.stream.Substreams() {
		result, err := r.stream.SendRef(ctx, send.Ref{Heap: h, Substream: i})
		r.bytes += result.Bytes
		if err != nil {
			return fmt.Errorf("end the stream: %w", err)
		}
	}
	return nil
}

func (r *sendRun) result() sendResult {
	seconds := time.Since(r.started).Seconds()
	return sendResult{
		Heaps:   r.heaps,
		Packets: r.stream.Stats().Packets,
		Bytes:   r.bytes,
		Seconds: seconds,
		Rate:    gigabits(r.bytes, seconds),
		Failed:  r.failed,
	}
}
