// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"io"
	"math"
	"net/netip"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp/sink"
)

func TestSteadyStateAllocatesNothing(t *testing.T) {
	s, err := NewWriter(Config{MaxHeaps: 64}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := heapOf(8192)
	b := &Batch{Heaps: make([]Ref, 16)}
	for i := range b.Heaps {
		b.Heaps[i] = Ref{Heap: h}
	}
	ctx := context.Background()
	send := func() {
		if err := s.SendBatch(ctx, b); err != nil {
			t.Fatal(err)
		}
		if err := b.Wait(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send(ctx, h); err != nil {
			t.Fatal(err)
		}
	}
	if allocs := testing.AllocsPerRun(200, send); allocs >= 1 {
		t.Errorf("%v allocations per batch of 16 heaps and single heap", allocs)
	}
}

// sendsWithout sends a batch and a single heap over and over, and expects not to allocate.
func sendsWithout(t *testing.T, s *Stream, b *Batch) {
	t.Helper()
	ctx := context.Background()
	send := func() {
		if err := errors.Join(s.SendBatch(ctx, b), b.Wait(ctx)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SendRef(ctx, b.Heaps[0]); err != nil {
			t.Fatal(err)
		}
	}
	if allocs := testing.AllocsPerRun(100, send); allocs >= 1 {
		t.Errorf("%v allocations per batch of %d heaps and single heap", allocs, len(b.Heaps))
	}
}

func TestUDPAllocatesNothingInTheSteadyState(t *testing.T) {
	drop, err := sink.New()
	if err != nil {
		t.Fatal(err)
	}
	defer drop.Close()
	for _, cfg := range []UDPConfig{{}, {GSO: OffloadOff}, {Config: Config{Layout: LayoutStandard}}, {Config: Config{MaxPacketSize: PathMTU}}} {
		cfg.MaxHeaps, cfg.Endpoints = 64, []netip.AddrPort{drop.Addr(), drop.Addr()}
		s, err := NewUDP(cfg)
		if err != nil {
			t.Fatal(err)
		}
		b := manyHeaps(32, 10_000)
		for i := range b.Heaps {
			b.Heaps[i].Substream = i % 2
		}
		for _, b.Order = range []Order{Serial, RoundRobin} {
			sendsWithout(t, s, b)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestPacedStreamsAllocateNothingInTheSteadyState(t *testing.T) {
	s, err := NewWriter(Config{MaxHeaps: 64, Rate: 2e9, BurstSize: 9000}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := manyHeaps(16, 20_000)
	for i := range b.Heaps {
		b.Heaps[i].Rate = []float64{0, 1e9, math.Inf(1)}[i%3]
	}
	sendsWithout(t, s, b)
}

// TestAGeneratorsHeapAllocatesNothingInTheSteadyState makes a heap anew in the same memory, and sends
// one whose values change in place. To send one that was made anew takes a new plan of its packets.
func TestAGeneratorsHeapAllocatesNothingInTheSteadyState(t *testing.T) {
	group := new(spead.ItemGroup)
	value := addItem(t, group, 0x1000, 64)
	addItem(t, group, 0x1001, 8) // never has a value
	g := &Generator{Group: group}
	h := NewHeap(spead.Flavour{})
	counter := []uint64{0}
	s, err := NewWriter(Config{}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	change := func() {
		counter[0]++
		if err := spead.SetValues(value, counter); err != nil {
			t.Fatal(err)
		}
	}
	if allocs := testing.AllocsPerRun(100, func() {
		change()
		h.Reset()
		if err := g.AddTo(h, Stale, Stale); err != nil {
			t.Fatal(err)
		}
	}); allocs > 0 || h.Len() != 1 {
		t.Errorf("%v allocations per heap of %d items that is made anew", allocs, h.Len())
	}
	if allocs := testing.AllocsPerRun(100, func() {
		change()
		if _, err := s.Send(context.Background(), h); err != nil {
			t.Fatal(err)
		}
	}); allocs > 0 {
		t.Errorf("%v allocations per heap that is sent again", allocs)
	}
}
