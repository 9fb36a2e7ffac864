// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"hash/maphash"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/wire"
)

const (
	// pointersMost and rangesMost bound what a heap in progress keeps besides payload.
	pointersMost = 4096
	rangesMost   = 8192
	// channelBits is where the number of the packet ends in the cnts of SKA-Low stations; above is the
	// channel, and each has a sequence of its own. At most channelsMost of them are told apart.
	channelBits  = 32
	channelsMost = 1 << 10
	// incompleteTold is how many incomplete heaps are described.
	incompleteTold = 16
)

// stream is what one sender sends to one place in one flavour.
type stream struct {
	key       streamKey
	bug       spead.BugCompat
	seed      maphash.Seed
	memory    *memory
	assembler *assembler.Assembler
	live      map[spead.HeapCnt]*progress
	spare     []*progress
	ended     *endedHeaps
	order     order
	sequences map[uint64]*sequence
	items     items

	pace        pace
	packetSizes sizes
	payloads    sizes
	tolerated   [toleranceCount]int64
	refused     [spead.RefusalCount]int64
	first, last spead.HeapCnt

	heaps
	packets packetFigures
	// firstStart is the packet that was the first at offset 0, 0 if there was none; ended* tell of the
	// heap that became complete last: after how many packets it began and ended.
	firstStart                int64
	completedBegun, completed int64
	// channelsUntold counts heaps of channels that there was no room for.
	channelsUntold int64
}

// heaps are figures of heaps.
type heaps struct {
	begun, complete, unsized, unkept int64
	singles                          int64
	// sizes and packetsEach are of complete heaps with items; once there is one without descriptors, of
	// such only. bare are of those without items.
	sizes, packetsEach, bareSizes, barePackets sizes
	plain                                      bool
	// incomplete are heaps of which something is missing, and missingBytes and missingPackets how much.
	incomplete, missingBytes, missingPackets int64
	told                                     []Incomplete
	// before and after are heaps that had begun before the first packet, and hadn't ended at the last.
	before, after int64
	repeated      int64 // heaps with the cnt of the one before, but other contents
	// inProgress is how many heaps began, at most, from a complete heap's first packet to its last.
	inProgress int64
}

// packetFigures are figures of packets.
type packetFigures struct {
	accepted, duplicates, overlaps, late int64
	// outOfOrder counts packets that came behind one of their heap that belongs behind them, by up to
	// distance packets.
	outOfOrder, distance int64
}

const toleranceCount = 3

func newStream(key streamKey, cfg Config, m *memory, seed maphash.Seed) *stream {
	return &stream{
		key: key, bug: cfg.BugCompat, seed: seed, memory: m,
		assembler: assembler.New(assembler.Config{
			MaxHeaps: cfg.MaxHeaps, AllowOutOfOrder: true, KeepStop: true, RepeatedCnt: true,
			BugCompat: cfg.BugCompat, MaxItems: pointersMost, MaxRanges: rangesMost,
		}, m),
		live: map[spead.HeapCnt]*progress{}, ended: &endedHeaps{}, sequences: map[uint64]*sequence{},
		items: newItems(cfg.MaxItems, seed),
	}
}

// refuse counts a packet that isn't good.
func (s *stream) refuse(d *Datagram, refusal spead.Refusal) {
	s.pace.note(len(d.Payload), d.Time)
	s.packetSizes.note(int64(len(d.Payload)))
	s.refused[refusal]++
}

// take takes a packet: is it new? then assemble.
func (s *stream) take(p *wire.Packet, d *Datagram, used wire.Tolerances) {
	s.pace.note(len(d.Payload), d.Time)
	s.packetSizes.note(int64(len(d.Payload)))
	for i := range s.tolerated {
		if used&(1<<i) != 0 {
			s.tolerated[i]++
		}
	}
	var hash uint64
	if p.PayloadOffset == 0 {
		hash = maphash.Bytes(s.seed, d.Payload) | 1
		if s.firstStart == 0 {
			s.firstStart = s.pace.packets
		}
	}
	live := s.live[p.Cnt]
	switch {
	case live == nil && s.isOver(p, hash):
	case live != nil && hash != 0 && live.hash == hash:
		s.packets.duplicates++
	default:
		s.assemble(p, live, hash)
	}
}

// isOver says whether a packet belongs to a heap that has ended, and counts it.
func (s *stream) isOver(p *wire.Packet, hash uint64) bool {
	e := s.ended.find(p.Cnt)
	switch {
	case e == nil:
		return false
	case hash != 0 && e.hash != 0 && hash != e.hash:
		// It begins as none with this cnt did before, so that it is another heap.
		s.repeated++
		return false
	case e.complete:
		s.packets.duplicates++
	default:
		s.packets.late++
	}
	return true
}

// assemble gives a packet to the assembler. live is its heap, if that is in progress.
func (s *stream) assemble(p *wire.Packet, live *progress, hash uint64) {
	begun := s.assembler.HeapsStarted()
	switch refusal := s.assembler.Add(p); refusal {
	case spead.Accepted:
		s.packets.accepted++
	case spead.RefusedDuplicate:
		s.packets.duplicates++
		return
	case spead.RefusedOverlap:
		s.packets.overlaps++
		return
	default:
		s.refused[refusal]++
		return
	}
	s.payloads.note(int64(len(p.Payload)))
	if s.assembler.HeapsStarted() == begun {
		s.advance(live, p, hash)
		s.collect(nil, p.Cnt)
		return
	}
	if live != nil {
		s.repeated++ // the assembler has given up the one in progress
	}
	s.begin(p)
	fresh := s.newProgress()
	fresh.begun, fresh.ordinal = s.pace.packets, s.begun
	s.advance(fresh, p, hash)
	if s.collect(fresh, p.Cnt) {
		s.singles++
		s.spare = append(s.spare, fresh)
		return
	}
	s.live[p.Cnt] = fresh
}

func (s *stream) newProgress() *progress {
	if n := len(s.spare); n > 0 {
		g := s.spare[n-1]
		s.spare = s.spare[:n-1]
		*g = progress{}
		return g
	}
	return &progress{}
}

// begin notes that a packet began a heap.
func (s *stream) begin(p *wire.Packet) {
	if s.begun == 0 {
		s.first = p.Cnt
	}
	s.begun++
	s.last = p.Cnt
	bits, channel := s.key.addressBits, uint64(0)
	if s.hasChannels() {
		bits, channel = channelBits, uint64(p.Cnt)>>channelBits
	} else {
		s.order.note(p.Cnt, bits)
	}
	q := s.sequences[channel]
	if q == nil {
		if len(s.sequences) >= channelsMost {
			s.channelsUntold++
			return
		}
		q = &sequence{bits: bits, channel: channel}
		s.sequences[channel] = q
	}
	q.note(p.Cnt & (1<<bits - 1))
}

// hasChannels says whether cnts are those of SKA-Low stations.
func (s *stream) hasChannels() bool { return s.tolerated[0] > 0 && s.key.addressBits > channelBits }

// advance notes a packet of a heap in progress.
func (s *stream) advance(g *progress, p *wire.Packet, hash uint64) {
	if g == nil {
		return
	}
	if hash != 0 {
		g.hash = hash
	}
	if late := g.note(p.PayloadOffset, int64(len(p.Payload)), s.pace.packets); late > 0 {
		s.packets.outOfOrder++
		s.packets.distance = max(s.packets.distance, late)
	}
}

// collect takes finished heaps out of the assembler. fresh is the heap with this cnt that has just
// begun, nil if none has; over says whether it has ended already.
func (s *stream) collect(fresh *progress, cnt spead.HeapCnt) (over bool) {
	for h := s.assembler.Next(); h != nil; h = s.assembler.Next() {
		if fresh != nil && h.Cnt() == cnt && h.End() == assembler.Completed {
			over = true
			s.finish(h, fresh) // its memory is the packet
			s.assembler.Recycle(h)
			continue
		}
		g := s.live[h.Cnt()]
		if g == nil {
			g = s.newProgress()
		}
		delete(s.live, h.Cnt())
		s.finish(h, g)
		s.spare = append(s.spare, g)
		s.memory.Free(h.TakePayload())
		s.assembler.Recycle(h)
	}
	return over
}

// finish looks at a heap that has ended.
func (s *stream) finish(h *assembler.Heap, g *progress) {
	whole := h.Complete()
	s.ended.add(ended{known: true, cnt: h.Cnt(), complete: whole, hash: g.hash})
	if !whole {
		s.finishIncomplete(h, g)
		return
	}
	s.complete++
	s.inProgress = max(s.inProgress, s.begun-g.ordinal+1)
	if g.begun > s.completedBegun {
		s.completedBegun, s.completed = g.begun, s.pace.packets
	}
	if h.Length() < 0 {
		s.unsized++
	}
	if h.Payload() == nil && h.Received() > 0 {
		s.unkept++
	}
	serial := int64(h.Cnt())
	if s.hasChannels() {
		serial &= 1<<channelBits - 1
	}
	if s.repeated > 0 {
		serial = s.complete
	}
	valued, described := s.items.note(h, s.bug, place{serial: serial, cnt: uint64(h.Cnt()), at: s.pace.last})
	s.measure(measures{h.Received(), g.packets, valued, described})
}

// measures are how large a complete heap was, and what it held.
type measures struct {
	size, packets     int64
	valued, described bool
}

// measure notes how large a heap was. Heaps with descriptors or without items are few and otherwise than
// the rest, but may be all that there is.
func (h *heaps) measure(m measures) {
	switch {
	case !m.valued:
		h.bareSizes.note(m.size)
		h.barePackets.note(m.packets)
		return
	case m.described && h.plain:
		return
	case !m.described && !h.plain:
		h.plain = true
		h.sizes, h.packetsEach = sizes{}, sizes{}
	}
	h.sizes.note(m.size)
	h.packetsEach.note(m.packets)
}
