// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"errors"
	"time"

	"github.com/gospead/spead/recv"
)

// Stream is what is watched: a *recv.Stream that was started.
type Stream interface {
	// Next waits for a heap: see recv.Stream.
	Next(ctx context.Context) (*recv.Heap, error)
	// Stats gives a snapshot: see recv.Stream.
	Stats() recv.Stats
	// Err is how its sources failed: see recv.Stream.
	Err() error
}

// consumer takes a stream's heaps.
type consumer struct {
	stream Stream
	tally  *tallier
	// rate is how many bytes of payload it takes in a second at most; 0: any number.
	rate float64
	// next is when the next heap may be taken, with a rate.
	next time.Time
}

// run takes heaps until the stream has ended, or ctx has. Errors: the stream's.
func (c *consumer) run(ctx context.Context) error {
	c.next = time.Now()
	for {
		h, err := c.stream.Next(ctx)
		if errors.Is(err, recv.ErrStopped) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		c.tally.note(seen(h), time.Now())
		received := h.Received()
		h.Release()
		if c.rate > 0 && !c.rest(ctx, received) {
			return nil
		}
	}
}

// rest waits for as long as a consumer of the rate would be busy with a heap; false if ctx ended.
func (c *consumer) rest(ctx context.Context, received int64) bool {
	const longest = 1 << 62 // rates may be so small that the time is beyond what fits
	busy := min(float64(received)/c.rate*float64(time.Second), longest)
	if now := time.Now(); c.next.Before(now) {
		c.next = now
	}
	c.next = c.next.Add(time.Duration(busy))
	timer := time.NewTimer(time.Until(c.next))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func seen(h *recv.Heap) heapSeen {
	s := heapSeen{
		cnt:         h.Cnt(),
		addressBits: h.Flavour().HeapAddressBits(),
		complete:    h.Complete(),
		received:    h.Received(),
	}
	if !s.complete {
		for start, end := range h.Missing() {
			s.missing += end - start
		}
	}
	return s
}
