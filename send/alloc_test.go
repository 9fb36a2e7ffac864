// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"io"
	"testing"
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
