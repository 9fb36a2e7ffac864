// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// The steps up to "the same end" are those of spead2's unit test of payload ranges.
func TestRangesMergeWhatTouchesAndRefuseWhatIsKnown(t *testing.T) {
	steps := []struct {
		name string
		add  interval
		want spead.Refusal
		left ranges
	}{
		{"the first", interval{100, 200}, 0, ranges{{100, 200}}},
		{"before all", interval{30, 40}, 0, ranges{{30, 40}, {100, 200}}},
		{"behind all", interval{300, 350}, 0, ranges{{30, 40}, {100, 200}, {300, 350}}},
		{"at the start, merging right", interval{25, 30}, 0, ranges{{25, 40}, {100, 200}, {300, 350}}},
		{"at the end, merging left", interval{350, 360}, 0, ranges{{25, 40}, {100, 200}, {300, 360}}},
		{"in the middle, merging left", interval{40, 50}, 0, ranges{{25, 50}, {100, 200}, {300, 360}}},
		{"in the middle, merging right", interval{80, 100}, 0, ranges{{25, 50}, {80, 200}, {300, 360}}},
		{"in the middle, alone", interval{60, 70}, 0, ranges{{25, 50}, {60, 70}, {80, 200}, {300, 360}}},
		{"in the middle, merging both", interval{50, 60}, 0, ranges{{25, 70}, {80, 200}, {300, 360}}},
		{"within", interval{40, 50}, spead.RefusedDuplicate, nil},
		{"the same start", interval{25, 30}, spead.RefusedDuplicate, nil},
		{"the same end", interval{90, 200}, spead.RefusedDuplicate, nil},
		{"the same", interval{300, 360}, spead.RefusedDuplicate, nil},
		{"starting within, going beyond", interval{350, 400}, spead.RefusedDuplicate, nil},
		{"starting within, going into the next", interval{60, 90}, spead.RefusedOverlap, nil},
		{"running into the next", interval{70, 81}, spead.RefusedOverlap, nil},
		{"around one", interval{20, 75}, spead.RefusedOverlap, nil},
		{"empty at the end of one", interval{200, 200}, 0, ranges{{25, 70}, {80, 200}, {300, 360}}},
		{"empty within", interval{100, 100}, spead.RefusedDuplicate, nil},
		{"empty at the start of one", interval{300, 300}, spead.RefusedDuplicate, nil},
		{"empty between", interval{250, 250}, 0, ranges{{25, 70}, {80, 200}, {250, 250}, {300, 360}}},
		{"empty between, again", interval{250, 250}, 0, ranges{{25, 70}, {80, 200}, {250, 250}, {300, 360}}},
		{"around an empty one", interval{240, 260}, spead.RefusedOverlap, nil},
		{"up to an empty one", interval{240, 250}, 0, ranges{{25, 70}, {80, 200}, {240, 250}, {300, 360}}},
		{"the rest of the gap", interval{250, 300}, 0, ranges{{25, 70}, {80, 200}, {240, 360}}},
	}
	var r ranges
	for _, step := range steps {
		before := slices.Clone(r)
		at, _, refusal := r.locate(step.add)
		if refusal != step.want {
			t.Fatalf("%s: %v, want %v", step.name, refusal, step.want)
		}
		if refusal != spead.Accepted {
			step.left = before
		} else {
			r.insert(at, step.add)
		}
		if !slices.Equal(r, step.left) {
			t.Fatalf("%s: %v, want %v", step.name, r, step.left)
		}
	}
}

// The pointers are those of spead2's unit test of a live heap's pointers.
func TestPointersCountOnceAndKeepTheirOrder(t *testing.T) {
	many := []wire.Pointer{}
	for i := range wire.Pointer(30) {
		many = append(many, (0x9000+i)<<48)
	}
	batches := [][]wire.Pointer{
		{0x0005000000000000, 0x0005000000001000, 0x0005000000000000, 0x9234000000001234, 0x9235aaaaaaaaaaaa},
		append(many, 0x9234000000001234),
		{0x0005000000004321, 0x9235aaaaaaaaaaaa},
	}
	h := Heap{addressBits: 48}
	var want []wire.Pointer
	for _, batch := range batches {
		for _, p := range batch {
			if !slices.Contains(want, p) {
				want = append(want, p)
			}
			h.note(p)
		}
		if got := h.pointers.list; !slices.Equal(got, want) {
			t.Fatalf("got %x, want %x", got, want)
		}
	}
}

func TestPointersCanBeTakenBack(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 20} {
		for back := range n + 1 {
			var p pointerList
			for i := range n {
				p.add(wire.Pointer(i))
			}
			p.truncate(back)
			for i := range n {
				if got := p.add(wire.Pointer(i)); got != (i >= back) {
					t.Fatalf("%d of %d: adding %d again: %v", back, n, i, got)
				}
			}
			if len(p.list) != n {
				t.Errorf("%d of %d: %d in the end", back, n, len(p.list))
			}
		}
	}
}
