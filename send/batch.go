// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"sync/atomic"

	"github.com/gospead/spead"
)

// Cnt says which heap cnt a heap takes. The zero value takes the next of the stream's sequence.
type Cnt struct {
	cnt   spead.HeapCnt
	exact bool
}

// ExactCnt takes the given heap cnt and doesn't advance the stream's sequence.
func ExactCnt(cnt spead.HeapCnt) Cnt { return Cnt{cnt, true} }

// Ref is one heap of a batch.
type Ref struct {
	// Heap is what to send; the same heap may be referred to more than once.
	Heap *Heap
	// Cnt is the heap cnt to take. Default: the next of the stream's sequence.
	Cnt Cnt
	// Substream is the destination, an index into the stream's endpoints. Default 0.
	Substream int
	// Rate overrides the stream's rate for this heap's bytes, in bytes per second. Default (0) the
	// stream's; +Inf is unlimited.
	Rate float64
}

// Order says in which order the packets of a batch's heaps leave.
type Order uint8

// The orders.
const (
	// Serial sends heap after heap.
	Serial Order = iota
	// RoundRobin sends one packet of each unfinished heap in turn.
	RoundRobin
	// Unordered sends heaps in any order, and packets of several among each other: two threads share the
	// work, each taking heap after heap, where the transport lets them (UDP on Linux, without a rate).
	// It is for receivers that don't mind. Batches still follow each other; heaps have no rates of their
	// own.
	Unordered
)

// Result says what became of one heap.
type Result struct {
	// Cnt is the heap cnt that the heap was sent with.
	Cnt spead.HeapCnt
	// Bytes counts the bytes of the packets that the transport took, headers included.
	Bytes int64
	// Err is nil if all packets left; otherwise the first error. Packets after a failed one are still
	// attempted.
	Err error
}

// Batch is a group of heaps that are queued together, all or none, and the memory for their results.
// From SendBatch until Wait returns, its heaps and the memory that they refer to belong to the
// stream; afterwards all of it may be changed and sent again, without any allocation. The zero Batch
// is ready for use; it must not be copied once it was sent.
type Batch struct {
	// Heaps are the heaps to send, in order.
	Heaps []Ref
	// Order is the order of their packets. Default Serial.
	Order Order

	results []Result
	// stream is where the batch was sent last, plans how its heaps are cut into packets there, and load
	// how much that is.
	stream *Stream
	plans  []*plan
	load   load
	// open counts the heaps of an unordered batch that haven't left whole or failed.
	open atomic.Int64
	// rated says that a heap has a rate of its own.
	rated bool
	// afterIdle says that nothing else was in flight when the batch was queued.
	afterIdle bool
	state     atomic.Uint32
	// cancelled asks the sender to skip what hasn't left yet.
	cancelled atomic.Bool
	// done wakes Wait; it holds at most one token, which may be stale.
	done chan struct{}
}

const (
	batchIdle uint32 = iota
	batchInFlight
	batchDone
)

// Wait returns when every heap has left or failed: nil, or the first heap's error. A batch never
// sent returns nil at once. If ctx ends first, its error is returned and the batch still belongs to
// the stream: Wait again, or Cancel. One goroutine may wait at a time.
//
// If nobody is sending at the moment, the goroutine that waits does, as long as it needn't wait for
// the transport.
func (b *Batch) Wait(ctx context.Context) error {
	if b.state.Load() == batchInFlight {
		if err := b.stream.await(ctx, b); err != nil {
			return err
		}
	}
	return b.err()
}

// Cancel asks that packets of the batch that haven't been handed to the transport yet don't leave;
// their heaps fail with context.Canceled. The batch belongs to the stream until Wait says otherwise.
// One that isn't in flight is left alone.
func (b *Batch) Cancel() {
	if b.state.Load() == batchInFlight {
		b.cancelled.Store(true)
		b.stream.interrupt()
	}
}

// Results gives one result per heap, in order. They are valid from when Wait has returned until the
// batch is sent again.
func (b *Batch) Results() []Result { return b.results }

func (b *Batch) err() error {
	for i := range b.results {
		if b.results[i].Err != nil {
			return b.results[i].Err
		}
	}
	return nil
}

// isDone says whether the batch has been given back.
func (b *Batch) isDone() bool { return b.state.Load() != batchInFlight }

// begin makes the batch a stream's.
func (b *Batch) begin(s *Stream) error {
	if !b.state.CompareAndSwap(batchIdle, batchInFlight) && !b.state.CompareAndSwap(batchDone, batchInFlight) {
		return ErrBatchInFlight
	}
	if b.done == nil {
		b.done = make(chan struct{}, 1)
	}
	b.stream = s
	b.open.Store(int64(len(b.Heaps)))
	b.cancelled.Store(false)
	if cap(b.results) < len(b.Heaps) {
		b.results = make([]Result, len(b.Heaps))
	}
	b.results = b.results[:len(b.Heaps)]
	clear(b.results)
	return nil
}

// abandon undoes begin: the batch was not queued.
func (b *Batch) abandon() {
	b.results = b.results[:0]
	b.state.Store(batchIdle)
}

// complete gives the batch back to the caller. The sender must not touch it afterwards.
func (b *Batch) complete() {
	done := b.done
	b.state.Store(batchDone)
	select {
	case done <- struct{}{}:
	default:
	}
}
