// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/placement"
	"github.com/gospead/spead/recv"
)

// TestRejectedHeapsAreCountedByReason sends heaps that each are wrong in another way.
func TestRejectedHeapsAreCountedByReason(t *testing.T) {
	spec, plan := load(t, "katgpucbf_fengine")
	own := []recv.Statistic{{Name: "user's own"}}
	cfg := recv.ChunkConfig{Config: recv.Config{Statistics: own, CheckAccounts: true}, Chunks: plan.NewChunks(2)}
	plan.Configure(&cfg)
	s, err := recv.NewChunkStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var tr traffic
	var list [][]byte
	for i, heap := range []struct {
		bytes int64
		items map[spead.ItemID]int64
	}{
		{spec.HeapBytes, map[spead.ItemID]int64{0x1600: 2097152, 0x4101: 63}},
		{1000, map[spead.ItemID]int64{0x1600: 2097152, 0x4101: 63}},
		{spec.HeapBytes, map[spead.ItemID]int64{0x1600: 2097153, 0x4101: 63}},
		{spec.HeapBytes, map[spead.ItemID]int64{0x4101: 64}},
		{spec.HeapBytes, map[spead.ItemID]int64{0x1600: 0, 0x4101: 64}},
		{spec.HeapBytes, map[spead.ItemID]int64{0x1600: 0}},
		{spec.HeapBytes, map[spead.ItemID]int64{0x1600: 0, 0x4101: 1 << 40}},
	} {
		list = append(list, tr.packet(int64(i), heap.items, heap.bytes))
	}
	if err := s.AddSource(&packets{list}); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	for c := range s.Chunks(t.Context()) {
		if err := s.Recycle(c); err != nil {
			t.Error(err)
		}
	}
	st := s.Stats()
	if want := []int64{0, 1, 2, 3}; !slices.Equal(st.Custom, want) || st.HeapsDiscarded[recv.DiscardRejected] != 6 {
		t.Errorf("rejected by reason %v, want %v; %d in all", st.Custom, want, st.HeapsDiscarded[recv.DiscardRejected])
	}
	if want := []string{"length", "time", "antenna"}; !slices.Equal(plan.Reasons(), want) {
		t.Errorf("reasons %q, want %q", plan.Reasons(), want)
	}
	if len(own) != 1 {
		t.Errorf("the user's list was changed: %v", own)
	}
}

func TestIndicesWithoutANameOfTheirOwnAreNumbered(t *testing.T) {
	item := placement.Value{Item: 7}
	spec := placement.Spec{HeapBytes: 1, Indices: []placement.Index{
		{Value: item, Count: 2}, {Name: "time", Value: item, Count: 2, Endless: true}, {Name: "time", Value: item, Count: 2}, {Name: "length", Value: item, Count: 2},
	}}
	plan, err := spec.Compile()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"length", "index 0", "time", "time (index 2)", "length (index 3)"}; !slices.Equal(plan.Reasons(), want) {
		t.Errorf("reasons %q, want %q", plan.Reasons(), want)
	}
}
