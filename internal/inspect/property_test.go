// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"math/rand/v2"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/simnet"
)

// TestRandomNetworksAreToldExactly has random heaps carried by random networks, and compares what is
// reported with what is known to have arrived.
func TestRandomNetworksAreToldExactly(t *testing.T) {
	seeds := uint64(500)
	if testing.Short() {
		seeds = 150
	}
	for seed := range seeds {
		if playNetwork(t, seed); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// sentPacket says what a packet is.
type sentPacket struct{ heap, index int }

func playNetwork(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 5))
	heaps, each := 40+r.IntN(100), 1+r.IntN(6)
	step := 1 + r.IntN(1000)
	first := uint64(1)<<40 - uint64(r.IntN(heaps*step)) // the cnts wrap
	var sent [][]byte
	known := map[*byte]sentPacket{}
	for i := range heaps {
		for j := range each {
			p := raw{cnt: spead.HeapCnt((first + uint64(i*step)) & (1<<40 - 1)), length: int64(each * 60), offset: int64(j * 60), payload: make([]byte, 60)}
			for k := range p.payload {
				p.payload[k] = byte(r.Uint32())
			}
			b := p.packet()
			known[&b[0]] = sentPacket{i, j}
			sent = append(sent, b)
		}
	}
	network := simnet.Network{Seed: seed, Loss: float64(r.IntN(2)) * r.Float64() * 0.2, Repeat: float64(r.IntN(2)) * 0.1, Reach: r.IntN(2) * r.IntN(6)}
	arrived := network.Carry(sent)
	times := map[sentPacket]int64{}
	perHeap := map[int]int{}
	for _, b := range arrived {
		p := known[&b[0]]
		if times[p]++; times[p] == 1 {
			perHeap[p.heap]++
		}
	}
	firstSeen, lastSeen := heaps, 0
	var complete, duplicates int64
	for heap, n := range perHeap {
		firstSeen, lastSeen = min(firstSeen, heap), max(lastSeen, heap)
		if n == each {
			complete++
		}
	}
	for _, n := range times {
		duplicates += n - 1
	}
	in := newInspector(t, Config{MaxHeaps: 256}) // none is given up too early
	addAll(in, arrived)
	report := in.Report()
	checkAccounts(t, report, int64(len(arrived)))
	s := only(t, report)
	missing := int64(lastSeen-firstSeen+1) - int64(len(perHeap))
	if s.Heaps.Complete != complete || s.Cnts.Missing != missing || s.PacketsDuplicate != duplicates || s.Heaps.Begun != int64(len(perHeap)) {
		t.Errorf("complete %d, missing %d, duplicate %d, begun %d; expected %d, %d, %d, %d", s.Heaps.Complete, s.Cnts.Missing,
			s.PacketsDuplicate, s.Heaps.Begun, complete, missing, duplicates, len(perHeap))
	}
	if s.Cnts.Step != int64(step) {
		t.Errorf("step %d, expected %d", s.Cnts.Step, step)
	}
	checkMissingPackets(t, s, int64(len(sent)-len(times)))
}

// checkMissingPackets compares with how many didn't arrive. What is missing at the beginning and at the
// end can't be known.
func checkMissingPackets(t *testing.T, s *Stream, lost int64) {
	slack := (s.Heaps.BegunBefore + s.Heaps.CutOff + 2) * 6
	switch {
	case s.Exact && (s.MissingPackets > lost || s.MissingPackets < lost-slack-12):
		t.Errorf("%d packets are said to be missing, of %d", s.MissingPackets, lost)
	case lost == 0 && s.MissingPackets != 0:
		t.Errorf("%d packets are said to be missing", s.MissingPackets)
	}
}

// TestCorruptNetworksAreSurvived has packets truncated and changed, too.
func TestCorruptNetworksAreSurvived(t *testing.T) {
	for seed := range uint64(100) {
		network := simnet.Network{Seed: seed, Loss: 0.05, Repeat: 0.05, Truncate: 0.1, Corrupt: 0.3, Reach: 4}
		arrived := network.Carry(plainHeaps(100, 1, 1))
		in := newInspector(t, Config{MaxStreams: 4, MaxItems: 8, MaxHeaps: 4, MaxMemory: 1 << 16})
		addAll(in, arrived)
		checkAccounts(t, in.Report(), int64(len(arrived)))
		checkLimits(t, in)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// checkLimits checks that an Inspector keeps no more than it may.
func checkLimits(t testing.TB, in *Inspector) {
	t.Helper()
	if len(in.streams) > in.cfg.MaxStreams || len(in.others.bySender) > in.cfg.MaxStreams {
		t.Errorf("%d streams, %d others", len(in.streams), len(in.others.bySender))
	}
	if in.memory.held > in.memory.limit {
		t.Errorf("%d bytes of payload memory", in.memory.held)
	}
	for _, s := range in.streams {
		if len(s.items.byID) > in.cfg.MaxItems || len(s.live) > in.cfg.MaxHeaps || len(s.sequences) > channelsMost {
			t.Errorf("%d items, %d heaps in progress, %d sequences", len(s.items.byID), len(s.live), len(s.sequences))
		}
		for _, it := range s.items.byID {
			if cap(it.value) > 2*keptBytes || len(it.lengths.told) > sizesTold || len(it.number.distinct) > distinctTold {
				t.Errorf("item %v keeps too much", it.id)
			}
		}
	}
}

// TestAFloodIsBounded sends heaps, items and streams without end.
func TestAFloodIsBounded(t *testing.T) {
	in := newInspector(t, Config{MaxStreams: 2, MaxItems: 10, MaxHeaps: 3, MaxMemory: 1 << 20})
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		p := raw{cnt: spead.HeapCnt(r.Uint64N(1 << 40)), length: 1 << 30, offset: int64(r.IntN(1 << 20)), payload: make([]byte, 100)}
		if i%2 == 0 {
			p.length, p.offset = 100, 0
		}
		for range r.IntN(20) {
			p.pointers = append(p.pointers, immediate(spead.ItemID(1000+r.IntN(1<<16)), r.Uint64N(1<<40)))
		}
		d := Datagram{Source: sender(), Destination: group(), Payload: p.packet()}
		if i%100 == 0 {
			d.Source = spoofed(i)
		}
		in.Add(d)
	}
	checkLimits(t, in)
	report := in.Report()
	checkAccounts(t, report, 20_000)
	if report.UntoldStreams.Packets == 0 || report.Streams[0].ItemsUntold == 0 {
		t.Errorf("nothing is said to be left out: %+v", report.UntoldStreams)
	}
}
