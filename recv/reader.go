// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/ring"
	"github.com/gospead/spead/internal/wire"
)

// rowPackets is how many packets that lie in a row make a batch.
const rowPackets = 64

// loop is the state of the loop that turns datagrams into heaps, which whoever holds the stream's
// baton runs.
type loop struct {
	intakes    []*intake
	turn       int // index of the intake to be read next
	assembler  *assembler.Assembler
	packet     wire.Packet
	queue      ring.Queue[*Heap] // finished heaps that consumers haven't taken
	work       Stats             // what is counted here; Stats adds what others count
	spare      []*Heap
	active     int // sources that haven't ended
	ended      bool
	pace       pace
	senders    senders
	seen       seenHeaps
	begunAgain int64
	opened     int64 // datagrams of all batches, and what sources refused
	ahead      byte  // a byte of the next packet: see takeFromRow
}

// advance is the loop: it reads sources and takes what they give until the errand is done, somebody
// else wants the baton, or the stream has ended. idle says that no source had anything to give.
//
// Preconditions: the baton is held.
func (s *Stream) advance(e errand) (idle bool) {
	for !s.ended && !s.done(e) {
		found := s.round(e)
		if s.endIfDone(); !found {
			return !s.done(e)
		}
	}
	return false
}

// round asks each source in its turn, as far as the errand goes; found says whether any has something.
// Were the first asked again before the last has had its turn, it would be read for a datagram or two
// while others overflow.
func (s *Stream) round(e errand) (found bool) {
	for range s.intakes {
		in := s.intakes[s.turn]
		if in.poller != nil && s.takeFrom(in, e) {
			found = true
		}
		if in.poller != nil && in.pending() {
			break // the errand is done; the next goes on with this batch
		}
		if s.turn = (s.turn + 1) % len(s.intakes); s.done(e) {
			break
		}
	}
	return found
}

// takeFrom takes what a source has, as far as the errand goes; found says whether it has anything.
func (s *Stream) takeFrom(in *intake, e errand) (found bool) {
	if !in.pending() && !in.isDone() {
		s.tryRead(in)
		in.drain()
	}
	found = in.pending()
	for in.pending() && !s.done(e) {
		s.take(in)
	}
	s.endIfDrained(in)
	return found
}

// tryRead reads a source that can be read without waiting.
func (s *Stream) tryRead(in *intake) {
	in.batch.reset()
	s.open(in, in.poller.TryReadBatch(&in.batch))
}

// open counts a batch as a whole, before its datagrams are taken, and notes with what error the source
// has ended, if it has.
func (s *Stream) open(in *intake, err error) {
	in.next, in.row = 0, 0
	if err != nil {
		in.ended = true
		s.active--
		s.sourceEnded(err)
	}
	if !in.batch.empty() {
		now := time.Now()
		if in.poller != nil { // who reads the others wakes who waits
			s.pace.note(now, len(in.batch.Datagrams))
		}
		s.countBatch(in, now)
	}
}

// take takes the next datagram of a batch: decode, assemble, hand on. Refusals are counted, never
// returned.
func (s *Stream) take(in *intake) {
	if s.chunks != nil {
		s.prepare(in)
	}
	if len(in.batch.row) > 0 {
		s.takeFromRow(in)
		return
	}
	d := in.batch.Datagrams[in.next]
	in.next++
	size, refusal := s.packet.Decode(d)
	if refusal != spead.Accepted || size < len(d) {
		refusal = s.tolerate(d, refusal)
	}
	if refusal == spead.Accepted {
		refusal = s.assemble()
	}
	if s.chunks != nil && s.hold(in) {
		return
	}
	s.work.Refused[refusal]++
	if refusal != spead.Accepted {
		s.blame(in)
	}
	s.endIfStopped(in)
	if !in.pending() {
		s.show()
	}
}

// takeFromRow is take for packets that lie one after the other.
func (s *Stream) takeFromRow(in *intake) {
	size, refusal := s.packet.Decode(in.batch.row)
	in.batch.row = in.batch.row[size:]
	if len(in.batch.row) > 0 {
		// The processor fetches the next header while this payload is copied, rather than after it.
		s.ahead = in.batch.row[0]
	}
	if refusal == spead.Accepted {
		refusal = s.assemble()
	} else {
		in.batch.row = nil // nothing tells where the next packet begins
	}
	if s.chunks != nil && s.hold(in) {
		return
	}
	s.work.Refused[refusal]++
	s.opened++
	if in.row++; in.row == rowPackets || len(in.batch.row) == 0 {
		s.countRow(in)
		s.show()
	}
	s.endIfStopped(in)
}

// assemble gives the decoded packet to the assembler, and what that finishes to the consumer.
func (s *Stream) assemble() spead.Refusal {
	begun := s.assembler.HeapsStarted()
	refusal := s.assembler.Add(&s.packet)
	if refusal == spead.RefusedMemoryLimit && s.chunks == nil && s.assembler.MakeRoom(&s.packet) {
		s.collect() // which frees what was evicted, unless it is delivered
		refusal = s.assembler.Add(&s.packet)
	}
	if s.chunks != nil && s.chunks.placer.starved {
		return refusal
	}
	if s.assembler.HeapsStarted() != begun && s.seen.recent.Has(s.packet.Cnt) {
		s.begunAgain++
	}
	s.collect()
	if s.seen.sequence != nil {
		s.seen.sequence.Note(s.packet.Cnt, s.packet.AddressBits, refusal == spead.Accepted)
	}
	if refusal == spead.RefusedNoHeap && s.seen.recent.Has(s.packet.Cnt) {
		refusal = spead.RefusedLate
	}
	return refusal
}
