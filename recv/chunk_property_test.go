// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/simnet"
	"github.com/gospead/spead/internal/wire"
)

// chunkScene is a random situation: streams that fill one sequence of chunks, what arrives at each,
// and how many chunks there are.
type chunkScene struct {
	layout      modelLayout
	groupWindow int
	windows     []int // by member
	arriving    [][][]byte
	chunks      int
	outOfOrder  bool
	lossless    bool
}

func randomScene(r *rand.Rand) *chunkScene {
	s := &chunkScene{groupWindow: 1 + r.IntN(4), outOfOrder: r.IntN(3) > 0, lossless: r.IntN(2) == 0}
	packets := 1 + r.Int64N(3)
	s.layout = modelLayout{heapsPerChunk: 8 + r.Int64N(5), packetBytes: 1 + r.Int64N(20)}
	s.layout.heapBytes = packets * s.layout.packetBytes
	s.layout.packetPresence = r.IntN(3) == 0
	s.chunks = s.groupWindow + r.IntN(2)
	members := 1 + r.IntN(8)
	sent := make([][][]byte, members)
	ts, cnt := r.Int64N(1000)*r.Int64N(2), uint64(1)
	for range 20 + r.IntN(150) {
		// Each member has its own places in a chunk.
		member := int(ts % s.layout.heapsPerChunk % int64(members))
		sent[member] = append(sent[member], s.layout.packets(cnt, ts)...)
		cnt++
		switch r.IntN(25) {
		case 0:
			ts += r.Int64N(8 * s.layout.heapsPerChunk)
		case 1:
			ts = max(0, ts-r.Int64N(3*s.layout.heapsPerChunk))
		case 2: // the same place again
		default:
			ts++
		}
	}
	for _, packets := range sent {
		net := simnet.Network{Seed: r.Uint64(), Loss: r.Float64() * 0.2, Repeat: r.Float64() * 0.2, Reach: r.IntN(3) * r.IntN(12)}
		s.arriving = append(s.arriving, net.Carry(packets))
		s.windows = append(s.windows, 1+r.IntN(s.groupWindow))
	}
	if members == 1 {
		s.windows[0] = s.groupWindow
	}
	return s
}

// packets makes a heap's packets, each with the item that the placement needs.
func (l modelLayout) packets(cnt uint64, ts int64) [][]byte {
	f, _ := spead.NewFlavour(48, 0)
	var packets [][]byte
	for offset := int64(0); offset < l.heapBytes; offset += l.packetBytes {
		b := wire.AppendHeader(nil, f, wire.SpecialCount+1)
		b = wire.AppendSpecials(b, f, wire.Specials{Cnt: spead.HeapCnt(cnt), HeapLength: l.heapBytes, PayloadOffset: offset, PayloadLength: l.packetBytes})
		b = wire.AppendPointer(b, wire.ImmediatePointer(48, modelTime, uint64(ts)))
		packets = append(packets, append(b, bytes.Repeat([]byte{byte(cnt)*7 + byte(offset)}, int(l.packetBytes))...))
	}
	return packets
}

// sequenceKeeper is the keeper of a group's member without the group's goroutines.
type sequenceKeeper struct {
	sequence *chunkSequence
	member   int
}

func (k *sequenceKeeper) begin(id uint64) (*Chunk, bool) { return k.sequence.begin(id, k.member) }

func (k *sequenceKeeper) pass(c *Chunk, tally *ChunkTally, head uint64) {
	k.sequence.pass(k.member, c, tally, head)
}

// chunkRun runs a scene through the library and through the model.
type chunkRun struct {
	*chunkScene
	r        *rand.Rand
	rigs     []*chunkRig
	pool     *chunkPool
	sequence chunkSequence
	model    *chunkModel
	got      []*modelChunk
	held     []*Chunk
	ended    []bool
	tooOld   int // as the chunks tell
}

func newChunkRun(t *testing.T, s *chunkScene, r *rand.Rand) *chunkRun {
	t.Helper()
	run := &chunkRun{chunkScene: s, r: r, ended: make([]bool, len(s.windows))}
	chunks := newChunks(s.chunks, int(s.layout.heapsPerChunk*s.layout.heapBytes), int(s.layout.places()), int(s.layout.heapsPerChunk))
	for _, c := range chunks {
		unfill(c)
	}
	var err error
	if run.pool, err = newChunkPool(chunks, nil, run.receive); err != nil {
		t.Fatal(err)
	}
	run.sequence = newChunkSequence(run.pool, s.groupWindow, s.lossless)
	run.sequence.heads = make([]uint64, len(s.windows))
	for i, window := range s.windows {
		var keeper chunkKeeper = &sequenceKeeper{&run.sequence, i}
		if len(s.windows) == 1 && r.IntN(2) == 0 {
			keeper = &streamKeeper{run.pool, 0}
		}
		cfg := ChunkConfig{
			Config: Config{MaxHeaps: len(s.arriving[i]) + 1, AllowOutOfOrder: s.outOfOrder},
			Items:  []spead.ItemID{modelTime}, Window: window, Place: s.layout.place, MaxExtra: 1,
		}
		if s.layout.packetPresence {
			cfg.PacketPresence = int(s.layout.packetBytes)
		}
		run.rigs = append(run.rigs, newChunkRig(t, cfg, keeper))
	}
	run.model = newChunkModel(s.layout, s.windows, s.groupWindow)
	run.model.inOrder, run.model.lossless = !s.outOfOrder, s.lossless
	return run
}

func unfill(c *Chunk) {
	for _, b := range [][]byte{c.Data, c.Extra} {
		for i := range b {
			b[i] = modelUnfilled
		}
	}
}

// receive is the consumer: it keeps a copy of the chunk and, until it recycles it, the chunk.
func (run *chunkRun) receive(c *Chunk) {
	tally := c.ChunkTally
	run.tooOld += tally.TooOldHeaps
	tally.First, tally.Last, tally.MissingPlaces, tally.TooOldHeaps = time.Time{}, time.Time{}, 0, 0
	run.got = append(run.got, &modelChunk{c.ID, bytes.Clone(c.Data), bytes.Clone(c.Present), bytes.Clone(c.Extra), tally})
	run.held = append(run.held, c)
}

func (run *chunkRun) recycle(t *testing.T) {
	t.Helper()
	for _, c := range run.held {
		unfill(c)
		if err := run.pool.recycle(c); err != nil {
			t.Fatal(err)
		}
	}
	run.held = run.held[:0]
}

// play lets members take their packets in random turns until all have ended.
func (run *chunkRun) play(t *testing.T) {
	t.Helper()
	for slices.Contains(run.ended, false) {
		i := run.r.IntN(len(run.rigs))
		switch {
		case run.ended[i]:
		case len(run.arriving[i]) == 0:
			run.ended[i] = true
			run.rigs[i].end()
			run.sequence.pass(i, nil, nil, goneHead)
			run.model.end(i)
		case run.takeNext(t, i):
			run.arriving[i] = run.arriving[i][1:]
		}
		if run.r.IntN(8) == 0 {
			run.recycle(t)
		}
	}
}

// takeNext lets a member take its next packet; false if it has to wait for others.
func (run *chunkRun) takeNext(t *testing.T, i int) bool {
	t.Helper()
	datagram := run.arriving[i][0]
	for {
		refusal, starved := run.rigs[i].take(datagram, time.Unix(1, 0))
		if !starved {
			if !refusal.Decoded() {
				t.Fatalf("refused: %v", refusal)
			}
			p := &run.rigs[i].packet
			run.model.take(i, p, int64(p.Pointer(0).Value(48)))
			return true
		}
		if len(run.held) > 0 {
			run.recycle(t)
		} else if run.lossless {
			return false
		}
		for _, rig := range run.rigs {
			rig.placer.flushUntil(run.sequence.flushTo)
		}
	}
}

// compare compares what came out. In a lossless group it depends on who waited when, whether chunks
// without any heap come in between.
func (run *chunkRun) compare(t *testing.T) {
	t.Helper()
	want := run.model.out
	if run.lossless {
		isEmpty := func(c *modelChunk) bool {
			return !slices.ContainsFunc(c.Extra, func(b byte) bool { return b != modelUnfilled })
		}
		want, run.got = slices.DeleteFunc(want, isEmpty), slices.DeleteFunc(run.got, isEmpty)
	}
	if diff := cmp.Diff(want, run.got); diff != "" {
		t.Fatalf("chunks (-model +got):\n%s", diff)
	}
	tooOld := 0
	for i, rig := range run.rigs {
		run.tooOld += rig.placer.tooOld // since the last chunk
		tooOld += run.model.members[i].tooOld
		discarded := rig.placer.counts.heapsDiscarded
		model := run.model.members[i]
		// A heap that has two reasons has the first in both.
		if int(discarded[DiscardTooOld]) != model.tooOld || int(discarded[DiscardRejected]) != model.rejected {
			t.Errorf("member %d: too old %d, rejected %d, want %d, %d", i, discarded[DiscardTooOld], discarded[DiscardRejected], model.tooOld, model.rejected)
		}
		c, counts := rig.assembler.Counters(), rig.placer.counts
		if c.HeapsStarted != counts.passedHeaps+counts.heapsDiscarded.Total() || counts.windowHeaps != 0 {
			t.Errorf("member %d: %d heaps, %+v", i, c.HeapsStarted, counts)
		}
		if c.PayloadBytes != counts.passedBytes+counts.bytesDiscarded.Total() || counts.windowBytes != 0 {
			t.Errorf("member %d: %d bytes, %+v", i, c.PayloadBytes, counts)
		}
	}
	if run.tooOld != tooOld {
		t.Errorf("chunks tell of %d heaps that were too old, want %d", run.tooOld, tooOld)
	}
}

// TestChunksAreTheModels tries any order, loss, repetition and jump of heaps, any window, groups of
// one to eight streams interleaved at random, and a consumer that is slow to give chunks back.
func TestChunksAreTheModels(t *testing.T) {
	const rounds = 300
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 5))
			run := newChunkRun(t, randomScene(r), r)
			run.play(t)
			run.compare(t)
		})
		if t.Failed() {
			return
		}
	}
}
