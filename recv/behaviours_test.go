// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"bytes"
	"encoding/binary"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
	"github.com/gospead/spead/recv"
)

// behaviour is what becomes of packets, whatever they came through.
type behaviour struct {
	name string
	cfg  recv.Config
	// ordered: the order of packets of different heaps matters. undecodable: some can't be decoded.
	ordered, undecodable bool
	packets              [][]byte
	// heaps are those delivered, in any order, by cnt: whether they are complete.
	heaps map[spead.HeapCnt]bool
	// lost is how many heaps were begun but not delivered, not counting one that stops the stream.
	lost    int64
	refused map[spead.Refusal]int64
}

// part makes a packet of a heap, of which byte i of the payload is the cnt plus i: values are the special
// items by their ids from 1 on (cnt, length, offset, size), missing where they are below 0.
func part(cnt int64, values ...int64) []byte {
	values = append([]int64{cnt}, values...)
	offset, size := values[2], values[3]
	return withPointers(values, nil, cnt+offset, size)
}

// stopPacket makes a heap of one packet and one byte, with a stop item.
func stopPacket(cnt int64) []byte {
	stop := wire.ImmediatePointer(40, spead.StreamCtrlID, uint64(spead.CtrlStop))
	return withPointers([]int64{cnt, 1, 0, 1}, []wire.Pointer{stop}, cnt, 1)
}

// withPointers makes a packet whose payload is so many bytes from first on.
func withPointers(values []int64, items []wire.Pointer, first, size int64) []byte {
	b := wire.AppendHeader(nil, spead.Flavour{}, 0)
	for i, v := range values {
		if v >= 0 {
			b = wire.AppendPointer(b, wire.ImmediatePointer(40, spead.ItemID(i+1), uint64(v)))
		}
	}
	for _, p := range items {
		b = wire.AppendPointer(b, p)
	}
	binary.BigEndian.PutUint16(b[6:], uint16(len(b)/wire.PointerSize-1))
	for i := range size {
		b = append(b, byte(first+i))
	}
	return b
}

// heap makes a heap of three packets.
func heap(cnt int) [][]byte {
	return [][]byte{part(int64(cnt), 250, 0, 100), part(int64(cnt), 250, 100, 100), part(int64(cnt), 250, 200, 50)}
}

func reversed(packets [][]byte) [][]byte {
	slices.Reverse(packets)
	return packets
}

func behaviours() []behaviour {
	anyOrder := recv.Config{AllowOutOfOrder: true}
	magic := append([]byte{0x52}, part(3, 10, 0, 10)[1:]...)
	return []behaviour{
		{name: "heaps in order", packets: slices.Concat(heap(1), heap(2), heap(3)),
			heaps: map[spead.HeapCnt]bool{1: true, 2: true, 3: true}},
		{name: "heaps interleaved", packets: [][]byte{heap(1)[0], heap(2)[0], heap(1)[1], heap(2)[1], heap(2)[2], heap(1)[2]},
			heaps: map[spead.HeapCnt]bool{1: true, 2: true}},
		{name: "heaps of one packet", packets: [][]byte{part(1, 10, 0, 10), part(2, 0, 0, 0), part(3, 1, 0, 1)},
			heaps: map[spead.HeapCnt]bool{1: true, 2: true, 3: true}},
		{name: "packets in any order", cfg: anyOrder, packets: slices.Concat(reversed(heap(1)), heap(2)),
			heaps: map[spead.HeapCnt]bool{1: true, 2: true}},
		{name: "packets out of order", packets: slices.Concat(reversed(heap(1)), heap(2)),
			heaps: map[spead.HeapCnt]bool{2: true}, lost: 1, refused: map[spead.Refusal]int64{spead.RefusedNoHeap: 2}},
		{name: "a gap", packets: [][]byte{heap(1)[0], heap(1)[2]}, lost: 1, refused: map[spead.Refusal]int64{spead.RefusedGap: 1}},
		{name: "a packet twice", packets: slices.Insert(heap(1), 1, heap(1)[0]),
			heaps: map[spead.HeapCnt]bool{1: true}, refused: map[spead.Refusal]int64{spead.RefusedBehind: 1}},
		{name: "a packet twice, in any order", cfg: anyOrder, packets: [][]byte{heap(1)[2], heap(1)[0], heap(1)[2], heap(1)[1]},
			heaps: map[spead.HeapCnt]bool{1: true}, refused: map[spead.Refusal]int64{spead.RefusedDuplicate: 1}},
		{name: "overlapping packets", cfg: anyOrder, packets: [][]byte{heap(1)[0], part(1, 250, 150, 100), heap(1)[1]},
			lost: 1, refused: map[spead.Refusal]int64{spead.RefusedOverlap: 1}},
		{name: "eviction", cfg: recv.Config{MaxHeaps: 1, Substreams: 1}, ordered: true,
			packets: slices.Concat(heap(1)[:1], heap(2), heap(1)[1:]), heaps: map[spead.HeapCnt]bool{2: true}, lost: 1,
			refused: map[spead.Refusal]int64{spead.RefusedLate: 2}},
		{name: "incomplete heaps", cfg: recv.Config{Incomplete: true}, packets: slices.Concat(heap(1)[:2], heap(2)),
			heaps: map[spead.HeapCnt]bool{1: false, 2: true}},
		{name: "heaps without a length", packets: [][]byte{part(1, -1, 0, 70), part(1, -1, 70, 30), part(2, -1, 0, 5)},
			heaps: map[spead.HeapCnt]bool{1: true, 2: true}},
		{name: "a length is required", cfg: recv.Config{RequireHeapLength: true}, packets: slices.Concat([][]byte{part(1, -1, 0, 70)}, heap(2)),
			heaps: map[spead.HeapCnt]bool{2: true}, refused: map[spead.Refusal]int64{spead.RefusedUnsized: 1}},
		{name: "a stop item that is kept", cfg: recv.Config{KeepStop: true},
			packets: slices.Concat(heap(1), [][]byte{stopPacket(2)}, heap(3)),
			heaps:   map[spead.HeapCnt]bool{1: true, 2: true, 3: true}},
		{name: "lengths that contradict each other", packets: [][]byte{heap(1)[0], part(1, 260, 100, 100), heap(1)[1], heap(1)[2]},
			heaps: map[spead.HeapCnt]bool{1: true}, refused: map[spead.Refusal]int64{spead.RefusedLengthMismatch: 1}},
		{name: "heaps beyond the limits", cfg: recv.Config{MaxHeapLength: 1000},
			packets: slices.Concat(heap(1)[:1], [][]byte{part(7, 1<<39, 0, 10), part(8, -1, 1<<38, 10)}, heap(1)[1:]),
			heaps:   map[spead.HeapCnt]bool{1: true},
			refused: map[spead.Refusal]int64{spead.RefusedHeapLimit: 1, spead.RefusedNoHeap: 1}},
		{name: "hostile packets next to good ones", undecodable: true,
			packets: [][]byte{
				heap(1)[0], part(-1, 10, 0, 10), heap(1)[1], part(3, 10, -1, 10), part(3, 5, 0, 10), magic, heap(1)[2],
			},
			heaps: map[spead.HeapCnt]bool{1: true},
			refused: map[spead.Refusal]int64{
				spead.RefusedMissingItem: 2, spead.RefusedPastHeap: 1, spead.RefusedBadMagic: 1,
			}},
	}
}

// try receives the packets from a source of a kind, ends the stream, and compares.
func (b behaviour) try(t *testing.T, k kind) {
	cfg := b.cfg
	cfg.QueueHeaps = 64
	s, err := recv.NewStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	stop := stopPacket(1 << 20)
	all := slices.Clone(b.packets)
	if !cfg.KeepStop {
		all = append(all, stop)
	}
	write := k.open(t, s, all)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if write != nil {
		for _, p := range b.packets {
			write(p)
		}
		for s.Stats().PacketsSeen < int64(len(b.packets)) {
			runtime.Gosched()
		}
		if cfg.KeepStop {
			s.Close()
		} else {
			write(stop)
		}
	}
	got := map[spead.HeapCnt]bool{}
	for h := range s.Heaps(t.Context()) {
		got[h.Cnt()] = h.Complete()
		checkContents(t, h)
		h.Release()
	}
	if !maps.Equal(got, b.heaps) {
		t.Errorf("heaps %v came, want %v", got, b.heaps)
	}
	b.checkFigures(t, s.Stats())
	if err := s.Err(); err != nil {
		t.Error(err)
	}
}

// checkContents compares what came of a heap with what part makes.
func checkContents(t *testing.T, h *recv.Heap) {
	t.Helper()
	for start, end := range h.Ranges() {
		var want []byte
		for i := start; i < end; i++ {
			want = append(want, byte(int64(h.Cnt())+i))
		}
		if !bytes.Equal(h.Payload()[start:end], want) {
			t.Errorf("heap %d arrived changed", h.Cnt())
		}
	}
}

func (b behaviour) checkFigures(t *testing.T, st recv.Stats) {
	t.Helper()
	for reason, count := range st.Refused.All() {
		if count != b.refused[reason] {
			t.Errorf("%d packets were refused as %v, want %d", count, reason, b.refused[reason])
		}
	}
	stops := int64(1)
	if b.cfg.KeepStop {
		stops = 0
	}
	if st.PacketsSeen != int64(len(b.packets))+stops || st.PacketsSeen != st.PacketsAccepted+st.Refused.Total() {
		t.Errorf("packets: %d seen of %d, %d accepted, %d refused", st.PacketsSeen, len(b.packets), st.PacketsAccepted, st.Refused.Total())
	}
	if st.HeapsDelivered != int64(len(b.heaps)) || st.HeapsDiscarded.Total() != b.lost+stops || st.HeapsDiscarded[recv.DiscardStopHeap] != stops {
		t.Errorf("%d heaps delivered, discarded %v", st.HeapsDelivered, st.HeapsDiscarded)
	}
	if st.PayloadBytesInFlight != 0 || st.PayloadBytesAccepted != st.PayloadBytesDelivered+st.PayloadBytesDiscarded.Total() {
		t.Errorf("payload: %d bytes accepted, %d delivered, %d in flight, %d discarded", st.PayloadBytesAccepted,
			st.PayloadBytesDelivered, st.PayloadBytesInFlight, st.PayloadBytesDiscarded.Total())
	}
}
