// SPDX-License-Identifier: Apache-2.0

package chunks

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// bring does what a window asks for to hold a chunk, and logs it: ids pushed as they are, ids
// dropped as their complement.
func bring(w *Window[uint64], id uint64) (log []int64, held bool) {
	for {
		switch w.Next(id) {
		case Behind:
			return log, false
		case Holds:
			return log, true
		case Full:
			log = append(log, ^int64(*w.Slot(w.head)))
			w.Drop()
		case Jumps:
			w.Jump(id)
		case Grows:
			tail := w.tail
			*w.Push() = tail
			log = append(log, int64(tail))
		}
	}
}

func TestAWindowMovesAsSpead2Does(t *testing.T) {
	tests := []struct {
		name  string
		slots int
		ids   []uint64
		want  []int64
		held  bool
	}{
		{"the first chunk is 0: nothing is back-filled", 4, []uint64{0}, []int64{0}, true},
		{"the first chunk is 10: the window before it is back-filled", 4, []uint64{10}, []int64{7, 8, 9, 10}, true},
		{"a jump drops all and back-fills", 4, []uint64{10, 20}, []int64{7, 8, 9, 10, ^7, ^8, ^9, ^10, 17, 18, 19, 20}, true},
		{"the next chunk drops one", 2, []uint64{0, 1, 2}, []int64{0, 1, ^0, 2}, true},
		{"a jump just within reach", 2, []uint64{0, 2}, []int64{0, 1, ^0, 2}, true},
		{"a jump just out of reach", 2, []uint64{0, 3}, []int64{0, ^0, 2, 3}, true},
		{"a chunk behind", 2, []uint64{0, 1, 2, 0}, []int64{0, 1, ^0, 2}, false},
		{"a chunk within", 2, []uint64{3, 2}, []int64{2, 3}, true},
		{"a window of one", 1, []uint64{5, 6, 5}, []int64{5, ^5, 6}, false},
		{"the largest id", 2, []uint64{math.MaxInt64}, []int64{math.MaxInt64 - 1, math.MaxInt64}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := NewWindow[uint64](test.slots)
			var got []int64
			held := false
			for _, id := range test.ids {
				var log []int64
				log, held = bring(&w, id)
				got = append(got, log...)
			}
			if !slices.Equal(got, test.want) || held != test.held {
				t.Errorf("did %v (held: %v), want %v (%v)", got, held, test.want, test.held)
			}
		})
	}
}

// TestAWindowHandsEachChunkOutOnce tries random ids: chunks are pushed and dropped in strictly
// increasing order, no more than there are slots are held, and each slot keeps its own.
func TestAWindowHandsEachChunkOutOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		w := NewWindow[uint64](1 + r.IntN(6))
		var pushed, dropped []int64
		at := uint64(0)
		for range 100 {
			id := at + r.Uint64N(uint64(1+r.IntN(12)))
			if r.IntN(3) == 0 && id > 5 {
				id -= 5
			}
			log, held := bring(&w, id)
			for _, e := range log {
				if e < 0 {
					dropped = append(dropped, ^e)
				} else {
					pushed = append(pushed, e)
				}
			}
			if held && *w.Slot(id) != id {
				t.Fatalf("the slot of %d is that of %d", id, *w.Slot(id))
			}
			at = max(at, id)
			if len(pushed)-len(dropped) > len(w.slots) || held == (id < w.head) {
				t.Fatalf("%d pushed, %d dropped, held %v", len(pushed), len(dropped), held)
			}
		}
		for _, ids := range [][]int64{pushed, dropped} {
			if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
				t.Fatalf("not strictly increasing: %v", ids)
			}
		}
		if !slices.Equal(pushed[:len(dropped)], dropped) {
			t.Fatalf("pushed %v, dropped %v", pushed, dropped)
		}
	}
}
