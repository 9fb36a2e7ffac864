// SPDX-License-Identifier: Apache-2.0

package send

import (
	"github.com/gospead/spead/internal/wire"
)

const (
	// maxDatagrams is how many packets are handed to the transport at once, at most.
	maxDatagrams = 256
	// messagesMax is how many messages of segmentation offload the packets handed over at once make.
	// More isn't faster, and what is written should still be in the cache.
	messagesMax = 8
	// messageBytes is what such a message holds.
	messageBytes = 65507
)

// sender is the loop that turns queued batches into datagrams. Its state belongs to whoever holds the
// baton (handover.go): the stream's goroutine or a caller.
type sender struct {
	queue     *queue
	isSecond  bool // takes no batches of its own (second.go)
	transport transport
	prompt    prompt // the same, if it can do without waiting; nil otherwise
	pacer     pacer
	clock     clock
	stats     *counters
	failures  *failures
	packets   packets
	datagrams [maxDatagrams]wire.Datagram
	owners    [maxDatagrams]owner // whose packets the datagrams are
	// The datagrams in hand, of which those before written have been tried. Only the first sound ones are
	// packets: all, or all but the last.
	written, filled, sound int
	// used is how many datagrams may refer to users' memory.
	used int
	// due is when the burst after the one in hand may leave, if that hasn't been waited for to the end; 0
	// otherwise.
	due int64
}

// owner says whose packet a datagram is.
type owner struct {
	batch *Batch
	heap  int  // index into batch.Heaps
	last  bool // the batch's last packet, or of an unordered batch its heap's
}

// drain sends what is queued, in order, until nothing is left or, if there is a target, that batch
// has completed. Unless patient, it also returns where it would have to wait.
func (s *sender) drain(target *Batch, patient bool) {
	for s.next(target) {
		if s.written == s.filled {
			if !s.waitForRate(patient) {
				return
			}
			s.fill()
		}
		if !s.write(patient) {
			return
		}
	}
}

// next makes sure that there is a packet to send: in hand, of the batch in hand, or of the next one.
func (s *sender) next(target *Batch) bool {
	arrived := target != nil && target.isDone()
	switch {
	case s.written < s.filled || s.packets.more(): // of the next batch, if the target is done
		return !arrived
	case arrived || !s.advance():
		s.forget()
		return false
	}
	return true
}

// advance takes batches from the queue until one has a packet to send, without waiting.
func (s *sender) advance() bool {
	for !s.packets.more() {
		if s.isSecond {
			return false
		}
		b := s.queue.take(s.written < s.filled)
		if b == nil {
			return false
		}
		if b.afterIdle {
			s.pacer.resume(s.clock.now())
		}
		s.packets.start(b, 0)
	}
	return true
}

// forget drops the references to users' memory.
func (s *sender) forget() {
	for i := range s.datagrams[:s.used] {
		d := &s.datagrams[i]
		clear(d.Payload[:cap(d.Payload)])
		s.owners[i] = owner{}
	}
	s.used = 0
}

// waitForRate waits until the pacer lets the next burst leave, or only cancelled packets are next,
// which won't leave; false means that it would have to wait.
func (s *sender) waitForRate(patient bool) bool {
	if s.due == 0 {
		return true
	}
	if !patient && s.clock.now() < s.due {
		return false
	}
	for !s.nextIsCancelled() {
		if s.clock.waitUntil(s.due) {
			s.due = 0
			break
		}
	}
	return true
}

func (s *sender) nextIsCancelled() bool { return s.packets.batch.cancelled.Load() }

// fill makes datagrams of the next packets, up to a burst, over batches that are queued already. It
// stops at a whole number of messages of packets like the first, and while the next burst isn't due,
// at packets that weren't cancelled.
func (s *sender) fill() {
	s.written, s.filled, s.sound = 0, 0, 0
	limit := 1
	for s.filled < limit && s.filled == s.sound && !s.pacer.full() && s.advance() {
		if s.due != 0 && !s.nextIsCancelled() {
			break
		}
		d, o := &s.datagrams[s.filled], &s.owners[s.filled]
		if s.packets.next(d, o) {
			s.sound++
		}
		if s.filled++; s.filled == 1 {
			limit = datagramsFor(d.Size)
		}
		if !o.batch.cancelled.Load() { // what won't leave takes no time
			if s.pacer.isLimited() || o.batch.rated {
				s.pacer.sent(d.Size, o.batch.Heaps[o.heap].Rate)
			}
		}
	}
	s.used = max(s.used, s.filled)
	if s.due == 0 && s.pacer.full() { // told before it is written: what that takes is no delay
		s.due = s.pacer.next(s.clock.now())
	}
}

// datagramsFor is how many packets of a size are handed to the transport at once.
func datagramsFor(size int) int {
	perMessage := max(1, messageBytes/max(1, size))
	return min(perMessage*messagesMax, maxDatagrams)
}

// write hands the datagrams in hand to the transport and credits each to its heap. A datagram that
// fails fails its heap only. It returns false if, unless patient, it would have to wait.
func (s *sender) write(patient bool) bool {
	for s.written < s.filled {
		if err := s.hopeless(s.written); err != nil {
			s.fail(s.written, err)
			s.written++
			continue
		}
		n, err := s.writeBatch(s.datagrams[s.written:s.sound], patient)
		s.stats.writes.Add(1)
		s.written += n
		s.credit(s.written-n, s.written)
		switch {
		case err != nil && s.written < s.sound:
			s.fail(s.written, err)
			s.written++
		case err == nil && s.written < s.sound && !patient:
			return false
		}
	}
	return true
}

func (s *sender) writeBatch(d []wire.Datagram, patient bool) (int, error) {
	if !patient {
		return s.prompt.TryWriteBatch(d)
	}
	return s.transport.WriteBatch(d)
}
