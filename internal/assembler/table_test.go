// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// spead2's table has four times as many buckets as slots, rounded up to a power of two, at least 16.
func TestTheTableHasAsManyBucketsAsSpead2s(t *testing.T) {
	for slots, want := range map[int]int{1: 16, 4: 16, 5: 32, 8: 32, 9: 64, 100: 512, 128: 512, 129: 1024} {
		for _, table := range []table{newTable(slots, 1), newTable(1, slots)} {
			if got := len(table.buckets); got != want || 1<<(64-table.shift) != want {
				t.Errorf("%d slots: %d buckets, shift %d; want %d buckets", slots, got, table.shift, want)
			}
		}
	}
}

func TestSearchingCountsTheStepsAlongAChain(t *testing.T) {
	a := New(Config{MaxHeaps: 4}, &testPlacer{tb: t})
	var cnts []spead.HeapCnt // all in one bucket of 16
	for cnt := spead.HeapCnt(0); len(cnts) < 4; cnt++ {
		if uint64(cnt)*11400714819323198485>>60 == 5 {
			cnts = append(cnts, cnt)
		}
	}
	steps := []struct {
		cnt    spead.HeapCnt
		offset int64
		want   int64
	}{
		{cnts[0], 0, 1},  // nothing is there
		{cnts[1], 0, 2},  // behind one other
		{cnts[2], 0, 3},  // behind two
		{cnts[2], 10, 1}, // the youngest comes first
		{cnts[1], 10, 2},
		{cnts[0], 10, 3},
		{cnts[0], 10, 3}, // refused
		{cnts[3], 5, 4},  // refused
		{cnts[1], 20, 2}, // complete
		{cnts[0], 20, 2},
		{cnts[2], 20, 1},
		{cnts[2], 20, 1}, // gone
	}
	for i, step := range steps {
		before := a.Counters().SearchDist
		a.Add(sketch{cnt: step.cnt, length: 30, offset: step.offset, payload: 10}.decode(t))
		if got := a.Counters().SearchDist - before; got != step.want {
			t.Errorf("packet %d of heap %d: %d steps, want %d", i, step.cnt, got, step.want)
		}
	}
}

// The figures are those of spead2's tutorial for 10 heaps of 1 MiB and a stop heap.
func TestSearchStepsOfTheTutorial(t *testing.T) {
	a := New(Config{}, &testPlacer{tb: t})
	packets := int64(0)
	for cnt := range spead.HeapCnt(10) {
		const length, most = 1 << 20, 1432
		for offset := int64(0); offset < length; offset += most {
			a.Add(sketch{cnt: 1 + cnt, length: length, offset: offset, payload: int(min(most, length-offset))}.decode(t))
			packets++
		}
	}
	stop := []wire.Pointer{wire.ImmediatePointer(48, spead.StreamCtrlID, 2)}
	a.Add(sketch{cnt: 11, length: 1, payload: 1, pointers: stop}.decode(t))
	packets++
	c := a.Counters()
	if packets != 7331 || c.SinglePacketHeaps != 1 || c.SearchDist != 7330 || c.HeapsCompleted != 10 || c.HeapsStopped != 1 {
		t.Errorf("after %d packets: %+v", packets, c)
	}
}

func TestRoomIsMadeByTheOldestOfTheSubstream(t *testing.T) {
	a := New(Config{MaxHeaps: 3, Substreams: 2}, slab{})
	begin := func(cnt spead.HeapCnt, payload int64) *wire.Packet {
		return &wire.Packet{AddressBits: 40, Cnt: cnt, HeapLength: 100, Payload: make([]byte, payload)}
	}
	for _, cnt := range []spead.HeapCnt{10, 12, 11, 14, 16} { // 16 evicts 10
		a.Add(begin(cnt, 10))
	}
	a.Add(begin(20, 100)) // evicts 12
	for _, step := range []struct {
		p       *wire.Packet
		evicted spead.HeapCnt
	}{
		{begin(14, 10), 0},   // in progress itself
		{begin(14, 100), 14}, // not the heap in progress, but one by itself
		{begin(18, 10), 16},
		{begin(18, 10), 0},
		{begin(13, 10), 11},
	} {
		for a.Next() != nil {
			continue
		}
		made := a.MakeRoom(step.p)
		h := a.Next()
		if made != (step.evicted != 0) || made && (h == nil || h.Cnt() != step.evicted || h.End() != Evicted) {
			t.Errorf("for heap %d: %v, %v", step.p.Cnt, made, h)
		}
	}
	if c := a.Counters(); c.HeapsEvicted != 5 || c.LiveHeaps != 0 || c.LiveBytes != 0 {
		t.Errorf("counters: %+v", c)
	}
}
