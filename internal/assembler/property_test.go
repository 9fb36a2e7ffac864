// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

func TestAnySequenceOfPacketsGivesWhatTheModelGives(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var refused [spead.RefusalCount]int
	var ends [StopItem + 1]int
	wanted := []spead.Refusal{
		spead.Accepted, spead.RefusedStopped, spead.RefusedUnsized, spead.RefusedNoHeap, spead.RefusedHeapLimit,
		spead.RefusedMemoryLimit, spead.RefusedItemLimit, spead.RefusedLengthMismatch, spead.RefusedLengthTooSmall,
		spead.RefusedFlavourMismatch, spead.RefusedBehind, spead.RefusedGap, spead.RefusedDuplicate, spead.RefusedOverlap,
	}
	met := func(reason spead.Refusal) bool { return refused[reason] > 0 }
	// What is rare is waited for.
	for round := uint64(0); round < 600 || round < 60_000 && !(all(wanted, met) && !slices.Contains(ends[Completed:], 0)); round++ {
		r := rand.New(rand.NewPCG(seed, round))
		w := newTwin(t, randomConfig(r))
		w.seen = func(h *Heap) { ends[h.End()]++ }
		for range 60 {
			refused[w.add(randomPacket(r).decode(t))]++
			if r.IntN(40) == 0 {
				w.flush()
			}
		}
		w.flush()
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	for _, reason := range wanted {
		if refused[reason] == 0 {
			t.Errorf("no packet was %v: the test doesn't test it", reason)
		}
	}
	for end := Completed; end <= StopItem; end++ {
		if ends[end] == 0 {
			t.Errorf("no heap was %v: the test doesn't test it", end)
		}
	}
}

func all[T any](list []T, holds func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !holds(v) })
}

// TestHeapsSurviveAnyOrderAndRepetition sends whole heaps out of order, each packet at least once.
func TestHeapsSurviveAnyOrderAndRepetition(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	w := newTwin(t, Config{MaxHeaps: 64, AllowOutOfOrder: true})
	complete := map[spead.HeapCnt]bool{}
	w.seen = func(h *Heap) { complete[h.Cnt()] = complete[h.Cnt()] || h.Complete() }
	var packets []sketch
	for cnt := range spead.HeapCnt(8) {
		length := 1 + r.Int64N(200)
		for offset, size := int64(0), 0; offset < length; offset += int64(size) {
			size = 1 + r.IntN(int(min(length-offset, 20)))
			s := sketch{cnt: cnt, length: length, offset: offset, payload: size}
			packets = append(packets, s)
			if r.IntN(3) == 0 {
				packets = append(packets, s)
			}
		}
	}
	r.Shuffle(len(packets), func(i, j int) { packets[i], packets[j] = packets[j], packets[i] })
	for _, s := range packets {
		w.add(s.decode(t))
	}
	w.flush()
	for cnt := range spead.HeapCnt(8) {
		if !complete[cnt] {
			t.Errorf("heap %d was never complete", cnt)
		}
	}
}

func randomConfig(r *rand.Rand) Config {
	cfg := Config{
		MaxHeaps:          1 + r.IntN(4),
		Substreams:        1 + r.IntN(3),
		AllowOutOfOrder:   r.IntN(3) > 0,
		RequireHeapLength: r.IntN(4) == 0,
		MergeOverlaps:     r.IntN(3) == 0,
		KeepStop:          r.IntN(3) > 0,
		BugCompat:         spead.BugCompat(r.IntN(8)),
	}
	if r.IntN(3) == 0 {
		cfg.MaxHeapLength, cfg.MaxItems, cfg.MaxRanges = 36, 12, 2
	}
	return cfg
}

// randomPacket gives small packets of few heaps, so that they meet.
func randomPacket(r *rand.Rand) sketch {
	lengths := []int64{0, 8, 20, 20, 20, 20, 40, wire.Unsized, wire.Unsized, wire.Unsized}
	s := sketch{cnt: spead.HeapCnt(r.IntN(7)), bits: 48, length: lengths[r.IntN(len(lengths))]}
	if r.IntN(2) == 0 {
		s.length = []int64{20, wire.Unsized, 40}[s.cnt%3]
	}
	limit := s.length
	if limit == wire.Unsized {
		limit = 40
	}
	s.offset = min(4*r.Int64N(11), limit)
	if r.IntN(4) == 0 {
		s.offset = 0
	}
	s.payload = int(min(4*r.Int64N(4), limit-s.offset))
	if r.IntN(8) == 0 {
		s.payload = int(limit - s.offset)
	}
	if r.IntN(30) == 0 {
		s.bits = 40
	}
	for range max(0, r.IntN(12)-7) * r.IntN(4) {
		s.pointers = append(s.pointers, randomPointer(r, s.bits))
	}
	return s
}

func randomPointer(r *rand.Rand, bits int) wire.Pointer {
	ids := []spead.ItemID{0, 1, 2, 4, 5, 6, 0x10, 0x1000, 0x1001, 0x1002, 0x1003, 0x1004}
	id := ids[r.IntN(len(ids))]
	if r.IntN(2) == 0 {
		return wire.AddressPointer(bits, id, r.Uint64N(24))
	}
	if id > 0 && id <= spead.PayloadLengthID {
		id = 0x1000 // it would be special
	}
	return wire.ImmediatePointer(bits, id, r.Uint64N(4))
}
