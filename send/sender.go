// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"

	"github.com/gospead/spead/internal/wire"
)

// maxDatagrams is how many packets are handed to the transport at once, as in spead2.
const maxDatagrams = 64

// sender is the loop that turns queued batches into datagrams. One goroutine runs it and owns all
// of its state.
type sender struct {
	queue     *queue
	transport transport
	pacer     pacer
	clock     clock
	stats     counters
	packets   packets
	datagrams [maxDatagrams]wire.Datagram
	owners    [maxDatagrams]owner // whose packets the datagrams are
	filled    int
	// sound is how many of the filled datagrams are packets: all, or all but the last.
	sound int
}

// owner says whose packet a datagram is.
type owner struct {
	batch *Batch
	heap  int  // index into batch.Heaps
	last  bool // the batch's last packet
}

// run sends batches in order until the queue is closed and empty.
func (s *sender) run() {
	for s.next() {
		s.waitForRate()
		s.fill()
		s.write()
	}
}

// next makes sure that there is a packet to send: of the batch in hand or of the next one. It waits
// for one, and returns false when the queue is closed and empty.
func (s *sender) next() bool {
	if s.advance() {
		return true
	}
	s.forget()
	for {
		if s.queue.isClosed() {
			return s.advance()
		}
		<-s.queue.wake
		if s.advance() {
			s.pacer.resume(s.clock.now())
			return true
		}
	}
}

// advance takes batches from the queue until one has a packet to send, without waiting.
func (s *sender) advance() bool {
	for !s.packets.more() {
		b := s.queue.take()
		if b == nil {
			return false
		}
		s.packets.start(b)
	}
	return true
}

// forget drops the references to users' memory before a wait that may be long.
func (s *sender) forget() {
	for i := range s.datagrams {
		d := &s.datagrams[i]
		clear(d.Payload[:cap(d.Payload)])
		s.owners[i] = owner{}
	}
}

// interrupt makes a wait for the rate or for the transport end early, so that a cancelled batch is
// seen.
func (s *sender) interrupt() {
	s.clock.interrupt()
	if t, ok := s.transport.(patient); ok {
		t.Interrupt()
	}
}

// waitForRate waits until the pacer lets the next burst leave.
func (s *sender) waitForRate() {
	if s.pacer.full() {
		s.clock.waitUntil(s.pacer.next(s.clock.now()))
	}
}

// fill makes datagrams of the next packets, up to a burst, over batches that are queued already.
func (s *sender) fill() {
	s.filled, s.sound = 0, 0
	for s.filled < len(s.datagrams) && s.filled == s.sound && !s.pacer.full() && s.advance() {
		d, o := &s.datagrams[s.filled], &s.owners[s.filled]
		if s.packets.next(d, o) {
			s.sound++
		}
		s.filled++
		s.pacer.sent(d.Size, o.batch.Heaps[o.heap].Rate)
	}
}

// write hands the datagrams to the transport and credits each to its heap. A datagram that fails
// fails its heap only.
func (s *sender) write() {
	for first := 0; first < s.filled; {
		if err := s.hopeless(first); err != nil {
			s.fail(first, err)
			first++
			continue
		}
		n, err := s.transport.WriteBatch(s.datagrams[first:s.sound])
		s.stats.writes.Add(1)
		s.credit(first, first+n)
		first += n
		if err != nil && first < s.sound {
			s.fail(first, err)
			first++
		}
	}
}

// hopeless says why datagram i needn't be tried.
func (s *sender) hopeless(i int) error {
	switch {
	case s.owners[i].batch.cancelled.Load():
		return context.Canceled
	case i >= s.sound:
		return ErrHeapChanged
	default:
		return nil
	}
}

// credit counts the datagrams from first up to end as sent. The statistics have them before a batch
// that they complete is given back.
func (s *sender) credit(first, end int) {
	var bytes int64
	for i := first; i < end; i++ {
		size := int64(s.datagrams[i].Size)
		bytes += size
		s.owners[i].batch.results[s.owners[i].heap].Bytes += size
	}
	s.stats.packets.Add(int64(end - first))
	s.stats.bytes.Add(bytes)
	for i := first; i < end; i++ {
		if s.owners[i].last {
			s.complete(s.owners[i].batch)
		}
	}
}

// fail counts datagram i as not sent, for the reason err.
func (s *sender) fail(i int, err error) {
	o := &s.owners[i]
	r := &o.batch.results[o.heap]
	bytes, err := takenBytes(err)
	r.Bytes += int64(bytes)
	s.stats.bytes.Add(int64(bytes))
	if r.Err == nil {
		r.Err = err
	}
	s.stats.failedPackets.Add(1)
	if o.last {
		s.complete(o.batch)
	}
}

// complete gives a batch back, all of whose packets have been tried. Room is made before the caller
// is woken, so that it may queue the batch again at once.
func (s *sender) complete(b *Batch) {
	failed := 0
	for i := range b.results {
		if b.results[i].Err != nil {
			failed++
		}
	}
	heaps := len(b.Heaps)
	s.stats.batches.Add(1)
	s.stats.heaps.Add(int64(heaps - failed))
	s.stats.failedHeaps.Add(int64(failed))
	s.queue.release(heaps)
	b.complete()
}
