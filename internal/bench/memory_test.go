// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gospead/spead"
)

func TestHeapsFromMemoryAreVerifiedAndCounted(t *testing.T) {
	for _, c := range []struct {
		size   int64
		packet int
		items  int
	}{{8, 9000, 1}, {1000, 56, 1}, {1000, 1472, 7}, {8 << 10, 9000, 4}, {300_001, 9000, 3}, {1 << 20, 1472, 1}} {
		ran := 0
		o := Memory{PacketSize: c.packet, Items: c.items, Total: 20 * c.size, Block: 8 * (c.size + 64), Repeats: 2,
			Ran: func(string, Run) { ran++ }}
		r, err := o.Measure(t.Context(), c.size)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		if r.Heaps != 20 || r.Verified != 8 || ran != 4 || r.Next.BytesPerSecond <= 0 || r.OnHeap.HeapsPerSecond <= 0 ||
			r.Next.Lowest > r.Next.BytesPerSecond {
			t.Errorf("%+v: %d runs, %+v", c, ran, r)
		}
	}
}

func TestWhatDiffersInMemoryIsFound(t *testing.T) {
	o := Memory{PacketSize: 1472, Items: 2, Total: 50_000, Block: 51_000, Repeats: 1}
	b, err := layPackets(&o, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	m := memoryRun{block: b, size: 10_000, heaps: 5, verify: true}
	if _, err := m.receive(t.Context(), WayNext); err != nil {
		t.Fatal(err)
	}
	b.packets[b.ends[3]-1] ^= 1
	for _, way := range []string{WayNext, WayOnHeap} {
		if _, err := m.receive(t.Context(), way); err == nil || !strings.HasPrefix(err.Error(), "heap 4: item") {
			t.Errorf("%s: %v", way, err)
		}
	}
	b.packets = b.packets[1472:]
	for i := range b.ends {
		b.ends[i] -= 1472
	}
	m.verify = false
	if _, err := m.receive(t.Context(), WayNext); err == nil {
		t.Error("a heap without its first packet is taken for whole")
	}
}

func TestMemoryEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := Memory{PacketSize: 9000, Items: 1, Total: 1 << 50, Repeats: 1}
	if _, err := o.Measure(ctx, 1<<10); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestMoreItemsThanBytesAreRefused(t *testing.T) {
	o := Memory{PacketSize: 9000, Items: 9, Total: 1, Repeats: 1}
	var field *spead.FieldError
	if _, err := o.Measure(t.Context(), 8); !errors.As(err, &field) || field.Field != "heap length" {
		t.Errorf("%v", err)
	}
}

func TestMemoryAllocatesNothingPerHeap(t *testing.T) {
	o := Memory{PacketSize: 9000, Items: 1, Total: 1 << 20, Block: 1 << 20, Repeats: 1}
	b, err := layPackets(&o, 8<<10)
	if err != nil {
		t.Fatal(err)
	}
	of := func(heaps int64) float64 {
		m := memoryRun{block: b, size: 8 << 10, heaps: heaps}
		return testing.AllocsPerRun(5, func() {
			if _, err := m.receive(t.Context(), WayOnHeap); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := of(20), of(100); many > few {
		t.Errorf("%v allocations for 20 heaps, %v for 100", few, many)
	}
}
