// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/chunks"
	"github.com/gospead/spead/internal/wire"
)

// chunkKeeper is where a stream's chunks come from and go to: its own pool, or its group.
type chunkKeeper interface {
	// begin gives the chunk of an id. If ok is false, there is none yet, and the keeper has to be asked
	// again; a nil chunk with ok says that the heaps of this chunk are not kept.
	begin(id uint64) (c *Chunk, ok bool)
	// pass takes a chunk, with what the stream has seen of it, that the window has left; c may be nil. No
	// heap is put into chunks before head any more.
	pass(c *Chunk, tally *ChunkTally, head uint64)
}

// chunkSlot is a chunk under construction.
type chunkSlot struct {
	chunk *Chunk // nil: the keeper had none
	live  int    // heaps in progress that are placed in it
	seen  []bool // by source: whether heaps came from it
	tally ChunkTally
}

// chunkPlacer puts heaps into chunks: the assembler's Placer. Whoever holds the assembler uses it.
type chunkPlacer struct {
	cfg       *ChunkConfig
	assembler *assembler.Assembler
	keeper    chunkKeeper
	window    chunks.Window[chunkSlot]
	items     chunks.ItemReader
	extra     []byte
	placement Placement
	sources   chunkSources

	// now is when the packets being taken arrived.
	now time.Time
	// starved says that the last packet was refused only because there is no chunk yet.
	starved bool
	// marked says that the packet being taken has marked its place: it may be copied in several parts.
	marked  bool
	tooOld  int       // heaps, since a chunk was passed on
	passing chunkSlot // here so that it needn't be allocated
	counts  chunkCounts
}

// chunkCounts says what became of heaps and payload. Heaps in progress are not among them.
type chunkCounts struct {
	heapsDiscarded, bytesDiscarded Discards
	// windowHeaps and windowBytes are in the window's chunks, passedHeaps and passedBytes in chunks that
	// were passed on.
	windowHeaps, windowBytes, passedHeaps, passedBytes int64
	// keptBytes is in windowBytes or passedBytes, although the heaps are still in progress.
	keptBytes int64
}

// The states of a heap's note; those above noteOutlived are refusedNote of a Discard.
const (
	// noteEmpty: the heap has no payload, so that nobody asked where it goes.
	noteEmpty uint8 = iota
	// notePlaced: the heap is in the window's chunk Number, at Place.
	notePlaced
	// noteOutlived: it was, but its chunk has been passed on.
	noteOutlived
	noteRefused
)

// refusedNote is the state of a heap that was discarded when it began.
func refusedNote(reason Discard) uint8 { return noteRefused + uint8(reason) }

func newChunkPlacer(cfg *ChunkConfig, keeper chunkKeeper) *chunkPlacer {
	return &chunkPlacer{
		cfg:    cfg,
		keeper: keeper,
		window: chunks.NewWindow[chunkSlot](cfg.Window),
		items:  chunks.NewItemReader(cfg.Items),
		extra:  make([]byte, cfg.MaxExtra),
	}
}

// joins makes it the placer of a stream. Preconditions: the stream has its assembler.
func (f *chunkPlacer) joins(s *Stream) {
	f.assembler, f.sources.senders, f.placement.stream = s.assembler, &s.senders, s
}

// Place asks the user where a heap goes, and gives its memory there.
func (f *chunkPlacer) Place(p *wire.Packet, h *assembler.Heap, _ int64) ([]byte, spead.Refusal) {
	note := h.Note()
	if h.Length() <= 0 {
		return nil, spead.Accepted
	}
	f.ask(p, h.Length())
	place := &f.placement
	if place.ChunkID < 0 {
		note.State = refusedNote(DiscardRejected)
		return nil, spead.Accepted
	}
	slot, state := f.reach(uint64(place.ChunkID))
	if f.starved {
		return nil, spead.RefusedMemoryLimit
	}
	var memory []byte
	if state == notePlaced {
		if memory = f.room(slot.chunk, h.Length()); memory == nil {
			state = refusedNote(DiscardOutside)
		}
	}
	*note = assembler.Note{Number: place.ChunkID, Place: place.HeapIndex, State: state}
	switch state {
	case notePlaced:
		f.begun(slot)
	case refusedNote(DiscardTooOld):
		f.tooOld++
	}
	return memory, spead.Accepted
}

// Free is never needed: a heap gets all of its memory at once.
func (f *chunkPlacer) Free([]byte) {}

// ask calls the placement function.
func (f *chunkPlacer) ask(p *wire.Packet, length int64) {
	place := &f.placement
	place.Items = f.items.Read(p)
	place.Cnt, place.HeapLength = p.Cnt, length
	place.Payload, place.PayloadOffset = p.Payload, p.PayloadOffset
	place.StreamID = f.cfg.StreamID
	place.ChunkID, place.HeapIndex, place.HeapOffset = -1, 0, 0
	place.Extra, place.ExtraOffset, place.ExtraSize = f.extra, 0, 0
	f.cfg.Place(place)
	place.Payload = nil
}

// reach moves the window to hold a chunk. If there is no chunk to go on with, it sets starved; going
// on later is then a matter of asking again.
func (f *chunkPlacer) reach(id uint64) (slot *chunkSlot, state uint8) {
	for {
		switch f.window.Next(id) {
		case chunks.Behind:
			return nil, refusedNote(DiscardTooOld)
		case chunks.Holds:
			if slot = f.window.Slot(id); slot.chunk == nil {
				return nil, refusedNote(DiscardNoChunk)
			}
			return slot, notePlaced
		case chunks.Full:
			f.dropHead()
		case chunks.Jumps:
			f.window.Jump(id)
			f.keeper.pass(nil, nil, f.window.Head())
		case chunks.Grows:
			c, ok := f.keeper.begin(f.window.Tail())
			if !ok {
				f.starved = true
				return nil, noteEmpty
			}
			f.window.Push().chunk = c
		}
	}
}

// dropHead passes the oldest chunk on. Heaps in progress lose their memory in it.
func (f *chunkPlacer) dropHead() {
	head := f.window.Head()
	f.passing = *f.window.Slot(head)
	slot := &f.passing
	slot.tally.Sources = f.sources.list(slot.seen)
	clear(slot.seen)
	*f.window.Slot(head) = chunkSlot{seen: slot.seen}
	if slot.live > 0 {
		for h := range f.assembler.Live() {
			if note := h.Note(); note.State == notePlaced && note.Number == int64(head) {
				note.State = noteOutlived
				h.TakePayload()
				slot.tally.IncompleteHeaps++
			}
		}
	}
	f.window.Drop()
	if slot.chunk != nil {
		slot.tally.TooOldHeaps, f.tooOld = f.tooOld, 0
	}
	f.counts.windowHeaps -= int64(slot.tally.Heaps)
	f.counts.passedHeaps += int64(slot.tally.Heaps)
	f.counts.windowBytes -= slot.tally.Bytes
	f.counts.passedBytes += slot.tally.Bytes
	f.keeper.pass(slot.chunk, &slot.tally, f.window.Head())
}

// flushUntil passes on all chunks before head.
func (f *chunkPlacer) flushUntil(head uint64) {
	for f.window.Head() < head && !f.window.Empty() {
		f.dropHead()
	}
	if f.window.Head() < head {
		f.window.JumpTo(head)
		f.keeper.pass(nil, nil, head)
	}
}

// flush passes on all chunks.
func (f *chunkPlacer) flush() { f.flushUntil(f.window.Tail()) }

// room gives the memory in a chunk where the placement wants a heap, after writing the heap's extra
// data; nil if any of it would be outside the chunk.
func (f *chunkPlacer) room(c *Chunk, length int64) []byte {
	place := &f.placement
	last := int64(0)
	if f.cfg.PacketPresence > 0 {
		last = (length - 1) / int64(f.cfg.PacketPresence)
	}
	if place.HeapIndex < 0 || last >= int64(len(c.Present)) || place.HeapIndex >= len(c.Present)-int(last) ||
		place.HeapOffset < 0 || place.HeapOffset > int64(len(c.Data)) || length > int64(len(c.Data))-place.HeapOffset {
		return nil
	}
	if size, at := place.ExtraSize, place.ExtraOffset; size != 0 {
		if size < 0 || size > len(f.extra) || at < 0 || at > len(c.Extra) || size > len(c.Extra)-at {
			return nil
		}
		copy(c.Extra[at:], f.extra[:size])
	}
	end := place.HeapOffset + length
	return c.Data[place.HeapOffset:end:end]
}

// begun notes that a heap has begun in the chunk where the placement put it.
func (f *chunkPlacer) begun(slot *chunkSlot) {
	slot.live++
	f.sources.note(&slot.seen)
	if slot.tally.First.IsZero() {
		slot.tally.First = f.now
	}
	slot.tally.Last = f.now
	if uint64(f.placement.ChunkID)+1 < f.window.Tail() {
		slot.tally.LateHeaps++
	}
}

// copyingPlacer is a chunkPlacer that puts payload in its place itself, an assembler.Copier: for
// presence per packet, as it has to know of each packet, or for Config.Scatter.
type copyingPlacer struct{ *chunkPlacer }

// Copy puts a packet's payload in its place.
func (f copyingPlacer) Copy(h *assembler.Heap, p *wire.Packet, offset int64, part []byte) {
	if f.cfg.Scatter != nil {
		f.cfg.Scatter(h.Payload(), PacketHeader{p}, offset, part)
	} else {
		copy(h.Payload()[offset:], part)
	}
	if f.cfg.PacketPresence > 0 {
		f.arrived(h.Note(), p.PayloadOffset, int64(len(part)))
	}
}

// arrived notes that a packet is in its place.
func (f *chunkPlacer) arrived(note *assembler.Note, offset, size int64) {
	slot := f.window.Slot(uint64(note.Number))
	note.Kept += size
	slot.tally.Last = f.now
	slot.tally.Bytes += size
	f.counts.windowBytes += size
	f.counts.keptBytes += size
	if !f.marked {
		f.marked = true
		slot.mark(note.Place + int(offset/int64(f.cfg.PacketPresence)))
	}
}

// asPlacer is what the assembler gets.
func (f *chunkPlacer) asPlacer() assembler.Placer {
	if f.cfg.PacketPresence > 0 || f.cfg.Scatter != nil {
		return copyingPlacer{f}
	}
	return f
}

// mark makes a place present.
func (s *chunkSlot) mark(place int) {
	s.chunk.Present[place] = 1
	s.tally.RepeatedPlaces++ // until countPlaces tells which did not repeat
}

// finish takes a heap that the assembler has finished.
func (f *chunkPlacer) finish(h *assembler.Heap) {
	note := h.Note()
	f.counts.keptBytes -= note.Kept
	complete := h.Complete() && h.End() != assembler.StopItem
	if note.State == notePlaced {
		slot := f.window.Slot(uint64(note.Number))
		slot.live--
		if complete {
			f.complete(slot, note.Place, h.Received())
			return
		}
		slot.tally.IncompleteHeaps++
	}
	reason := f.reasonOf(note.State)
	if note.State < noteRefused && !complete {
		reason = incompleteReason(h.End())
	} else if note.State == noteOutlived {
		f.tooOld++
	}
	f.counts.heapsDiscarded[reason]++
	f.counts.bytesDiscarded[reason] += h.Received() - note.Kept
}

// complete counts a heap that is whole and in its place.
func (f *chunkPlacer) complete(slot *chunkSlot, place int, bytes int64) {
	slot.tally.Last = f.now
	slot.tally.Heaps++
	f.counts.windowHeaps++
	if f.cfg.PacketPresence == 0 {
		slot.tally.Bytes += bytes
		f.counts.windowBytes += bytes
		slot.mark(place)
	}
}

// reasonOf says why a heap that isn't in a chunk of the window is discarded.
func (f *chunkPlacer) reasonOf(state uint8) Discard {
	switch state {
	case noteEmpty:
		return DiscardEmpty
	case noteOutlived:
		return DiscardTooOld
	}
	return Discard(state - noteRefused)
}

// incompleteReason says why a heap is discarded that isn't complete, or ended the stream.
func incompleteReason(end assembler.End) Discard {
	switch end {
	case assembler.StopItem:
		return DiscardStopHeap
	case assembler.Evicted:
		return DiscardEvicted
	}
	return DiscardFlushed
}
