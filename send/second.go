// SPDX-License-Identifier: Apache-2.0

package send

import (
	"sync"
	"sync/atomic"
)

// second is another sender, with which the worker helps to send an unordered batch while somebody else
// has the baton. Each of the two takes heap after heap of the batch and sends them with datagrams and
// messages of its own; whoever finishes the last heap gives the batch back.
type second struct {
	stream *Stream
	once   sync.Once
	ready  atomic.Bool
	sender sender // the worker's, once it is ready
}

// prepare makes the second sender when it is first wanted, and says whether there is one: a transport
// may have only one way in, and at a rate one sender is enough.
func (c *second) prepare() bool {
	c.once.Do(func() {
		s := c.stream
		t, ok := s.sender.transport.(divisible)
		if !ok || s.cfg.Rate != 0 {
			return
		}
		way, err := t.Second()
		if err != nil {
			s.cfg.Logger.Warn("unordered batches are sent by one thread", "error", err)
			return
		}
		c.sender = sender{
			queue: s.queue, isSecond: true, transport: way, pacer: newPacer(&s.cfg), clock: newClock(),
			stats: &s.counters, failures: &s.failures,
		}
		c.sender.packets.queue = s.queue
		c.ready.Store(true)
	})
	return c.ready.Load()
}

// close waits for a caller that is making the second sender, and sees to it that no other does.
func (c *second) close() { c.once.Do(func() {}) }

// canShare says whether there is something to help with.
func (c *second) canShare() bool { return c.ready.Load() && c.stream.queue.canShare() }

// share sends heaps of the present unordered batch until all are taken.
func (c *second) share() {
	b, heap, ok := c.stream.queue.share()
	if !ok {
		return
	}
	c.sender.packets.start(b, heap)
	for c.sender.packets.more() {
		c.sender.fill()
		c.sender.write(true)
	}
	c.sender.forget()
}
