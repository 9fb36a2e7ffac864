// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
	"github.com/gospead/spead/capture"
	"github.com/gospead/spead/internal/vectors"
	"github.com/gospead/spead/recv"
)

// chunkVector is what a chunk vector says.
type chunkVector struct {
	Options chunkVectorOptions `json:"chunk_options"`
	Chunks  []vectorChunk
	Calls   [][7]int64 `json:"place_calls"`
	Stats   map[string]int64
}

type chunkVectorOptions struct {
	Items      []spead.ItemID
	Window     int `json:"max_chunks"`
	Presence   int `json:"packet_presence_payload_size"`
	ChunkBytes int `json:"chunk_bytes"`
	Present    int `json:"present_size"`
	StreamID   int `json:"stream_id"`
	MaxExtra   int `json:"max_heap_extra"`
	Place      tsChannel
}

// vectorChunk is a chunk as it stands in a vector.
type vectorChunk struct {
	ID       int64     `json:"chunk_id"`
	StreamID int       `json:"stream_id"`
	Present  []int     `json:"present"`
	Hashes   []*string `json:"present_sha256"`
	Hash     string    `json:"data_sha256"`
	Extra    []int64   `json:"extra"`
}

// tsChannel is the vectors' placement of that name.
type tsChannel struct {
	T0     int64 `json:"t0"`
	Step   int64 `json:"ts_step"`
	Slots  int64
	Chans  int64 `json:"channels"`
	Bytes  int64 `json:"heap_bytes"`
	Scale  int64 `json:"index_scale"`
	Extra  bool
	called [][7]int64
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (c *tsChannel) place(p *recv.Placement) {
	ts, ch, length, x := p.Items[0], p.Items[1], p.Items[2], p.Items[3]
	if ts >= 0 && ch >= 0 && ch < c.Chans && length == c.Bytes {
		slot := floorDiv(ts-c.T0, c.Step)
		p.ChunkID = floorDiv(slot, c.Slots)
		index := (slot-p.ChunkID*c.Slots)*c.Chans + ch
		p.HeapIndex = int(index * c.Scale)
		p.HeapOffset = index * c.Bytes
		if c.Extra && p.ChunkID >= 0 {
			binary.LittleEndian.PutUint64(p.Extra, uint64(x))
			p.ExtraOffset, p.ExtraSize = int(8*index), 8
		}
	}
	c.called = append(c.called, [7]int64{ts, ch, length, x, p.ChunkID, int64(p.HeapIndex), p.HeapOffset})
}

// checkChunks fills chunks with a vector's capture and compares them, the calls of the placement and
// the statistics with spead2's.
func checkChunks(t *testing.T, v *vectors.Vector) {
	t.Helper()
	var want chunkVector
	if err := json.Unmarshal(v.Document, &want); err != nil {
		t.Fatal(err)
	}
	got := fillVector(t, v, want.Options)
	for name := range got.Stats {
		if _, known := want.Stats[name]; !known {
			delete(got.Stats, name)
		}
	}
	got.Options = want.Options
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(tsChannel{})); diff != "" {
		t.Errorf("-spead2 +got:\n%s", diff)
	}
}

func fillVector(t *testing.T, v *vectors.Vector, o chunkVectorOptions) (got chunkVector) {
	t.Helper()
	place := o.Place
	s, err := recv.NewChunkStream(recv.ChunkConfig{
		Config: recv.Config{
			MaxHeaps:        v.Options.MaxHeaps,
			Substreams:      v.Options.Substreams,
			KeepStop:        !v.Options.StopOnStopItem,
			AllowOutOfOrder: v.Options.AllowOutOfOrder,
			BugCompat:       spead.BugCompat(v.Options.BugCompat),
		},
		Items:          o.Items,
		Window:         o.Window,
		Place:          place.place,
		PacketPresence: o.Presence,
		MaxExtra:       o.MaxExtra,
		StreamID:       o.StreamID,
		// The vectors' chunks are zero and never used again.
		Fresh: func(int64) *recv.Chunk {
			return &recv.Chunk{Data: make([]byte, o.ChunkBytes), Present: make([]byte, o.Present),
				Extra: make([]byte, 8*o.Place.Slots*o.Place.Chans)}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	source, err := capture.Open(v.Capture, capture.Options{Filter: v.Options.Filter})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.AddSource(source), s.Start()); err != nil {
		t.Fatal(err)
	}
	for c := range s.Chunks(t.Context()) {
		got.Chunks = append(got.Chunks, seenChunk(c, o))
	}
	if err := s.Err(); err != nil {
		t.Error(err)
	}
	st := s.Stats()
	got.Calls = place.called
	got.Stats = stats(t, st)
	got.Stats["too_old_heaps"] = st.HeapsDiscarded[recv.DiscardTooOld]
	got.Stats["rejected_heaps"] = st.HeapsDiscarded[recv.DiscardRejected]
	return got
}

func seenChunk(c *recv.Chunk, o chunkVectorOptions) vectorChunk {
	seen := vectorChunk{ID: c.ID, StreamID: c.StreamID, Present: make([]int, len(c.Present)), Hashes: make([]*string, len(c.Present))}
	unit := len(c.Data) / len(c.Present)
	for i, present := range c.Present {
		seen.Present[i] = int(present)
		if present != 0 {
			sum := sha256.Sum256(c.Data[i*unit : (i+1)*unit])
			text := hex.EncodeToString(sum[:8])
			seen.Hashes[i] = &text
		}
	}
	sum := sha256.Sum256(c.Data)
	seen.Hash = hex.EncodeToString(sum[:])
	if o.Place.Extra {
		for i := 0; i < len(c.Extra); i += 8 {
			seen.Extra = append(seen.Extra, int64(binary.LittleEndian.Uint64(c.Extra[i:])))
		}
	}
	return seen
}
