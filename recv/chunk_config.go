// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"fmt"

	"github.com/gospead/spead"
)

const (
	defaultWindow  = 2
	chunkWindowMax = 1 << 20
	chunkExtraMax  = 1 << 16
)

// ChunkConfig configures a ChunkStream. Place and Chunks have to be set; the rest is then what spead2
// does by default.
type ChunkConfig struct {
	// Config is the stream's. RequireHeapLength is always on: without its length, a heap can't be placed.
	// OnHeap, Allocator and WhenFull must not be set. Scatter gets the heap's memory in its chunk.
	// Incomplete, QueueHeaps, QueueBytes, MaxMemory, MaxPool, Reserve and HugePages mean nothing here:
	// payload goes to the chunks.
	Config
	// Items are the items whose immediate values the placement gets, in this order. The ids 1 to 4 may
	// be among them. Default (empty): none, but for what Placement has of every heap.
	Items []spead.ItemID
	// Window is how many chunks may be under construction at once. At least 1; default (0) 2.
	Window int
	// Place says where a heap goes: see Placement. It must not be nil. It is called by the goroutine that
	// reads the stream's sources, and must not wait.
	Place func(*Placement)
	// Chunks is the pool, at least as many as Window, each with Data and Present. The stream reads no
	// further while all of them are finished or with the user. When it has ended, those that are neither
	// are the user's again. Empty (the default) if Fresh is set, and in a group, which has a pool of its
	// own.
	Chunks []*Chunk
	// Fresh gives a chunk for an id, where there is no pool; nil has the heaps of that chunk discarded and
	// counted. The chunk is the user's again when it is handed over, without Recycle. Fresh is called
	// like Place. Default (nil): chunks come from the pool.
	Fresh func(id int64) *Chunk
	// Ready takes finished chunks instead of Next, in order. It is called like Place, and by Close. Recycle
	// may be called by it or later. Default (nil): chunks wait for Next.
	Ready func(*Chunk)
	// PacketPresence is the payload in bytes of each packet but the last of a heap, if Chunk.Present is to
	// have a byte per packet. Use it with AllowOutOfOrder, so that a loss doesn't hide the packets behind
	// it. Default (0): a byte per heap.
	PacketPresence int
	// MaxExtra is how many bytes a placement may write about a heap to Chunk.Extra. At most 65536;
	// default 0.
	MaxExtra int
	// StreamID is given to placements and chunks, to tell streams apart. Default 0.
	StreamID int
}

// withDefaults checks c and returns it with the defaults filled in. inGroup says that chunks come from
// a group.
func (c ChunkConfig) withDefaults(inGroup bool) (ChunkConfig, error) {
	stream, err := c.Config.withDefaults()
	if err != nil {
		return c, err
	}
	c.Config = stream
	c.RequireHeapLength = true
	c.Reserve = nil // heaps need no memory of their own
	setDefault(&c.Window, defaultWindow)
	return c, c.checkChunks(inGroup)
}

func (c *ChunkConfig) checkChunks(inGroup bool) error {
	switch {
	case c.Place == nil:
		return &spead.FieldError{Field: "recv.ChunkConfig.Place", Value: nil, Allowed: "a function"}
	case c.Window < 1 || c.Window > chunkWindowMax:
		return windowError("recv.ChunkConfig.Window", c.Window)
	case c.PacketPresence < 0:
		return &spead.FieldError{Field: "recv.ChunkConfig.PacketPresence", Value: c.PacketPresence, Allowed: "at least 1, or 0 for presence per heap"}
	case c.MaxExtra < 0 || c.MaxExtra > chunkExtraMax:
		return &spead.FieldError{Field: "recv.ChunkConfig.MaxExtra", Value: c.MaxExtra, Allowed: fmt.Sprintf("0 to %d", chunkExtraMax)}
	case c.OnHeap != nil || c.Allocator != nil || c.WhenFull != Block:
		return &spead.FieldError{Field: "recv.ChunkConfig.OnHeap, Allocator or WhenFull", Value: "set", Allowed: "nothing: heaps go to chunks"}
	case inGroup && (len(c.Chunks) > 0 || c.Fresh != nil || c.Ready != nil):
		return &spead.FieldError{Field: "recv.ChunkConfig.Chunks, Fresh or Ready", Value: "set", Allowed: "nothing: in a group, the group has them"}
	case inGroup:
		return nil
	}
	return checkPool("recv.ChunkConfig", c.Chunks, c.Window, c.Fresh != nil)
}

func windowError(field string, window int) error {
	return &spead.FieldError{Field: field, Value: window, Allowed: fmt.Sprintf("1 to %d chunks, or 0 for the default", chunkWindowMax)}
}

// checkPool checks the chunks that a user brings; fresh says that Fresh gives them.
func checkPool(config string, chunks []*Chunk, window int, fresh bool) error {
	if fresh {
		if len(chunks) > 0 {
			return &spead.FieldError{Field: config + ".Chunks", Value: len(chunks), Allowed: "none, with Fresh"}
		}
		return nil
	}
	if len(chunks) < window {
		return &spead.FieldError{Field: config + ".Chunks", Value: len(chunks), Allowed: fmt.Sprintf("at least as many as the window: %d", window)}
	}
	seen := make(map[*Chunk]bool, len(chunks))
	for i, c := range chunks {
		if c == nil || len(c.Data) == 0 || len(c.Present) == 0 || seen[c] {
			return &spead.FieldError{Field: fmt.Sprintf("%s.Chunks[%d]", config, i), Value: c != nil, Allowed: "a chunk with Data and Present, once"}
		}
		seen[c] = true
	}
	return nil
}
