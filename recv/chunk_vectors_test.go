// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/vectors"
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

func (c *tsChannel) place(p *Placement) {
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

// TestVectorsOfChunks fills chunks with each chunk vector's capture and compares them, the calls of
// the placement and the statistics with spead2's.
func TestVectorsOfChunks(t *testing.T) {
	for _, v := range vectors.All(t, vectors.Chunk) {
		t.Run(v.Name, func(t *testing.T) {
			var want chunkVector
			if err := json.Unmarshal(v.Document, &want); err != nil {
				t.Fatal(err)
			}
			got := fillVector(t, v, want.Options)
			got.Options = want.Options
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(tsChannel{})); diff != "" {
				t.Errorf("-spead2 +got:\n%s", diff)
			}
		})
	}
}

func fillVector(t *testing.T, v *vectors.Vector, o chunkVectorOptions) (got chunkVector) {
	t.Helper()
	place := o.Place
	chunks := newChunks(1000, o.ChunkBytes, o.Present, int(8*o.Place.Slots*o.Place.Chans))
	pool, err := newChunkPool(chunks, nil, func(c *Chunk) { got.Chunks = append(got.Chunks, seenChunk(c, o)) })
	if err != nil {
		t.Fatal(err)
	}
	rig := newChunkRig(t, ChunkConfig{
		Config: Config{MaxHeaps: v.Options.MaxHeaps, Substreams: v.Options.Substreams,
			KeepStop: !v.Options.StopOnStopItem, AllowOutOfOrder: v.Options.AllowOutOfOrder},
		Items: o.Items, Window: o.Window, Place: place.place, PacketPresence: o.Presence, MaxExtra: o.MaxExtra, StreamID: o.StreamID,
	}, &streamKeeper{pool, o.StreamID})
	packets := int64(0)
	source, err := pcap.Open(v.Capture, pcap.Options{Filter: v.Options.Filter})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	for d, err := source.Next(); err == nil; d, err = source.Next() {
		if refusal, starved := rig.take(d.Payload, time.Time{}); starved || refusal.Decoded() {
			packets++
		}
	}
	rig.end()
	got.Calls = place.called
	c, discarded := rig.assembler.Counters(), rig.placer.counts.heapsDiscarded
	got.Stats = map[string]int64{
		"heaps": rig.heaps, "packets": packets, "single_packet_heaps": c.SinglePacketHeaps,
		"incomplete_heaps_evicted": c.HeapsEvicted, "incomplete_heaps_flushed": c.HeapsFlushed,
		"too_old_heaps": discarded[DiscardTooOld], "rejected_heaps": discarded[DiscardRejected],
	}
	return got
}

func seenChunk(c *Chunk, o chunkVectorOptions) vectorChunk {
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
