// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"net/netip"
	"slices"
	"time"

	"github.com/gospead/spead"
)

// Chunk is a block of memory that heaps are placed in. The memory is the user's: slices, mapped files,
// huge pages. A chunk belongs to the stream from the moment it is given to it until it is handed
// over, and to the user from then until Recycle.
type Chunk struct {
	// Data holds the heaps' payload, each where the placement put it. Where nothing was put, it is what
	// it was before: the stream doesn't clear it.
	Data []byte
	// Present has a byte for each place: 1 if the heap that belongs there is complete, else 0. With
	// ChunkConfig.PacketPresence there is one for each packet instead, which is 1 if the packet came.
	// The stream clears it when it takes the chunk.
	Present []byte
	// Extra holds what the placement wrote for each heap (Placement.Extra), also for heaps that never
	// became complete. It may be empty. The stream doesn't clear it.
	Extra []byte
	// User is the user's. The stream doesn't look at it.
	User any

	// ID is the chunk's number. Chunks are handed over with strictly increasing ids.
	ID int64
	// StreamID is the ChunkConfig.StreamID of the stream that began the chunk.
	StreamID int
	// ChunkTally is what was seen of the chunk.
	ChunkTally

	// state says whose the chunk is, so that none is given back twice. The pool guards it.
	state chunkState
}

// ChunkTally says what was seen of a chunk.
type ChunkTally struct {
	// First and Last are when the first and the last heap came that belong to the chunk, to the accuracy
	// of a batch; zero if none did.
	First, Last time.Time
	// PresentPlaces is the number of places that are present, and MissingPlaces that of the others:
	// together len(Present).
	PresentPlaces, MissingPlaces int
	// Heaps counts complete heaps, and IncompleteHeaps those that began and weren't complete when the
	// chunk was handed over.
	Heaps, IncompleteHeaps int
	// LateHeaps counts those of both that began when a newer chunk was already being filled. They show
	// how much of the window is needed.
	LateHeaps int
	// RepeatedPlaces counts how often a place was filled that had been filled before; the last bytes won.
	RepeatedPlaces int
	// TooOldHeaps counts heaps that came too late for their chunks, whichever those were, since the chunk
	// before this one was handed over.
	TooOldHeaps int
	// Bytes is the payload that was put into the places that are present. What was put there again counts
	// again.
	Bytes int64
	// Sources are the addresses from which the chunk's heaps began to come, of the Config.MaxSenders that
	// each stream tells apart. Empty if the sources have none.
	Sources []netip.AddrPort
}

// add adds what another stream has seen of the same chunk.
func (t *ChunkTally) add(o *ChunkTally) {
	if t.First.IsZero() || !o.First.IsZero() && o.First.Before(t.First) {
		t.First = o.First
	}
	if o.Last.After(t.Last) {
		t.Last = o.Last
	}
	t.Heaps += o.Heaps
	t.IncompleteHeaps += o.IncompleteHeaps
	t.LateHeaps += o.LateHeaps
	t.RepeatedPlaces += o.RepeatedPlaces
	t.TooOldHeaps += o.TooOldHeaps
	t.Bytes += o.Bytes
	others := t.Sources // o has each source once
	for _, source := range o.Sources {
		if !slices.Contains(others, source) {
			t.Sources = append(t.Sources, source)
		}
	}
}

// countPlaces tells places that are present from those that were filled again. RepeatedPlaces is how
// often a place was filled.
func (c *Chunk) countPlaces() {
	c.PresentPlaces = bytes.Count(c.Present, []byte{1})
	c.MissingPlaces = len(c.Present) - c.PresentPlaces
	c.RepeatedPlaces -= c.PresentPlaces
}

// begin makes the chunk one that has no heap yet.
func (c *Chunk) begin(id int64, stream int) {
	c.ID, c.StreamID = id, stream
	c.ChunkTally = ChunkTally{MissingPlaces: len(c.Present), Sources: c.Sources[:0]}
}

// Placement is what the placement function gets of a heap, and where it says that the heap goes.
// The function is called with the first packet that is accepted of a heap with payload, before the
// payload is taken, and may be called again for the same packet if no chunk was free. It must not
// keep the Placement.
type Placement struct {
	// Items has the values of ChunkConfig.Items in this packet, in that order: -1 for one that is absent
	// or addressed, the last for one that is repeated.
	Items []int64
	// Cnt is the heap's identifier, and HeapLength its payload in bytes.
	Cnt        spead.HeapCnt
	HeapLength int64
	// Payload is the payload of this packet, and PayloadOffset where in the heap it belongs. With
	// Config.AllowOutOfOrder it need not be the heap's first.
	Payload       []byte
	PayloadOffset int64
	// StreamID is ChunkConfig.StreamID.
	StreamID int

	// ChunkID is the chunk that the heap belongs to. It is -1 beforehand; a heap for which it stays
	// negative is discarded and counted as rejected.
	ChunkID int64
	// HeapIndex is the heap's place in Chunk.Present: its first packet's, if presence is per packet. It
	// is 0 beforehand.
	HeapIndex int
	// HeapOffset is where in Chunk.Data the heap's payload begins, in bytes. It is 0 beforehand.
	HeapOffset int64

	// Extra is room for ChunkConfig.MaxExtra bytes about the heap. ExtraSize of them are copied to
	// Chunk.Extra at ExtraOffset, for heaps that are placed. Both are 0 beforehand.
	Extra       []byte
	ExtraOffset int
	ExtraSize   int

	stream *Stream
}

// Count changes the figure Config.Statistics[i] of the stream: see Stream.Count. It is for heaps that
// are rejected; others the function may be asked about again. A Placement that no stream gave, in a
// test, counts nothing.
func (p *Placement) Count(i int, value int64) {
	if p.stream != nil {
		p.stream.Count(i, value)
	}
}
