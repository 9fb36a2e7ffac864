// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"io"
	"iter"
	"runtime"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// claim makes a packet with a few bytes of payload of a heap that claims to be long.
func claim(t *testing.T, cnt spead.HeapCnt, length, offset int64) []byte {
	t.Helper()
	const payload = 8
	b := wire.AppendHeader(nil, spead.Flavour{}, wire.SpecialCount)
	b = wire.AppendSpecials(b, spead.Flavour{}, wire.Specials{
		Cnt: cnt, HeapLength: length, PayloadOffset: offset, PayloadLength: payload,
	})
	return append(b, make([]byte, payload)...)
}

func TestAClaimedHeapLengthCostsNothing(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s := newTestStream(t, Config{MaxHeapLength: 1 << 40, MaxHeaps: 8}, &listSource{
		datagrams: [][]byte{claim(t, 1, 1<<39, 0), claim(t, 2, 1<<39, 0), claim(t, 3, 1<<39, 0)},
		err:       io.EOF,
	})
	for h := range s.Heaps(t.Context()) {
		t.Errorf("heap %d was delivered", h.Cnt())
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("three packets of 56 bytes cost %d bytes of memory", grown)
	}
	st := s.Stats()
	checkLaw(t, st)
	if st.PacketsAccepted != 3 || st.HeapsDiscarded[DiscardFlushed] != 3 || st.PayloadBytesDiscarded[DiscardFlushed] != 24 {
		t.Errorf("statistics: %+v", st)
	}
}

func TestHeapsBeyondTheLimitsAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name     string
		cfg      Config
		packets  [][]byte
		refusal  spead.Refusal
		accepted int64
	}{
		{"a heap longer than MaxHeapLength", Config{MaxHeapLength: 1000}, [][]byte{claim(t, 1, 1001, 0), claim(t, 2, 1000, 0)}, spead.RefusedHeapLimit, 1},
		{"a heap far longer than the default", Config{}, [][]byte{claim(t, 1, 1<<39, 0)}, spead.RefusedHeapLimit, 0},
		{"more memory than MaxMemory", Config{MaxMemory: 4096, MaxHeaps: 8},
			[][]byte{claim(t, 1, 4096, 0), claim(t, 2, 8192, 0)}, spead.RefusedMemoryLimit, 1},
		{"memory for an offset beyond MaxMemory", Config{MaxMemory: 1 << 20, AllowOutOfOrder: true},
			[][]byte{claim(t, 1, 1<<30, 1<<29)}, spead.RefusedMemoryLimit, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newTestStream(t, tc.cfg, &listSource{datagrams: tc.packets, err: io.EOF})
			for range s.Heaps(t.Context()) {
				t.Error("a heap was delivered")
			}
			st := s.Stats()
			checkLaw(t, st)
			if st.PacketsAccepted != tc.accepted || st.Refused[tc.refusal] != int64(len(tc.packets))-tc.accepted {
				t.Errorf("statistics: %+v", st)
			}
		})
	}
}

// TestHeapsWhoseRestNeverComesDontHoldMemoryForEver has two heaps take all the memory there is, in one
// of two substreams, and nothing that evicts them by needing their slots.
func TestHeapsWhoseRestNeverComesDontHoldMemoryForEver(t *testing.T) {
	datagrams := [][]byte{claim(t, 1<<20, 2048, 0), claim(t, 1<<20+2, 2048, 0)}
	for i := range 10 {
		datagrams = append(datagrams, split(t, packetsOf(t, 1472, heapOf(1000, i)))...)
		datagrams = append(datagrams, split(t, packetsOf(t, 1472, stopHeap(), heapOf(1000, i)))[1]) // cnt 2
	}
	for _, outOfOrder := range []bool{false, true} {
		cfg := Config{MaxMemory: 4096, MaxHeaps: 64, Substreams: 2, AllowOutOfOrder: outOfOrder, QueueHeaps: 1, CheckAccounts: true}
		s := newTestStream(t, cfg, &listSource{datagrams: datagrams, err: io.EOF})
		n := 0
		for h := range s.Heaps(t.Context()) {
			n++
			h.Release()
		}
		st := s.Stats()
		checkLaw(t, st)
		// In the other substream there is nothing to evict: its heap is refused until this one makes room.
		if n != 19 || s.Err() != nil || st.HeapsDiscarded[DiscardEvicted] != 1 || st.HeapsDiscarded[DiscardFlushed] != 1 {
			t.Errorf("%d heaps came, error %v, statistics: %+v", n, s.Err(), st)
		}
	}
}

func TestALongHeapGrowsAsItArrives(t *testing.T) {
	const length = 9 << 20
	memory := packetsOf(t, 9000, heapOf(length, 5), heapOf(length, 6))
	s := newTestStream(t, Config{}, &memorySource{rest: memory})
	want := 5
	for h := range s.Heaps(t.Context()) {
		if !slices.Equal(h.Payload(), pattern(length, want)) {
			t.Errorf("heap %d arrived changed", h.Cnt())
		}
		want++
		h.Release()
	}
	if want != 7 {
		t.Errorf("%d heaps arrived, want 2", want-5)
	}
	if s.memory.held != 0 {
		t.Errorf("%d bytes still count as in use", s.memory.held)
	}
}

func parts(ranges iter.Seq2[int64, int64]) [][2]int64 {
	var p [][2]int64
	for start, end := range ranges {
		p = append(p, [2]int64{start, end})
	}
	return p
}

func TestMissingPartsOfAnIncompleteHeapAreNamedAndZero(t *testing.T) {
	full := split(t, packetsOf(t, 1040, heapOf(5000, 0)))
	var packets [4]wire.Packet
	for i := range packets {
		packets[i].Decode(full[i])
	}
	s := newTestStream(t, Config{AllowOutOfOrder: true, Incomplete: true},
		&listSource{datagrams: [][]byte{full[1], full[3]}, err: io.EOF})
	h, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, second := packets[1].PayloadOffset, int64(len(packets[1].Payload))
	missing, came := parts(h.Missing()), parts(h.Ranges())
	at := first + second
	wantCame := [][2]int64{{first, at}, {at + second, at + 2*second}}
	wantMissing := [][2]int64{{0, first}, {at, at + second}, {at + 2*second, 5000}}
	if !slices.Equal(came, wantCame) || !slices.Equal(missing, wantMissing) {
		t.Errorf("came %v, missing %v; want %v and %v", came, missing, wantCame, wantMissing)
	}
	want := pattern(5000, 0)
	for _, r := range wantMissing {
		clear(want[r[0]:r[1]])
	}
	if want = want[:len(h.Payload())]; !slices.Equal(h.Payload(), want) {
		t.Error("the payload is not what came with zeros between")
	}
	if h.Complete() || h.Length() != 5000 || h.Received() != 2*second {
		t.Errorf("complete %v, length %d, received %d", h.Complete(), h.Length(), h.Received())
	}
}
