// SPDX-License-Identifier: Apache-2.0

package simnet

import (
	"slices"
	"testing"
)

func numbered(n int) [][]byte {
	packets := make([][]byte, n)
	for i := range packets {
		packets[i] = []byte{byte(i >> 8), byte(i)}
	}
	return packets
}

func numbers(packets [][]byte) []int {
	var n []int
	for _, p := range packets {
		n = append(n, int(p[0])<<8|int(p[1]))
	}
	return n
}

func TestAPerfectNetworkChangesNothing(t *testing.T) {
	sent := numbered(1000)
	if got := numbers((Network{Seed: 1}).Carry(sent)); !slices.Equal(got, numbers(sent)) {
		t.Error("packets did not arrive once and in order")
	}
}

func TestTheSameSeedGivesTheSameFate(t *testing.T) {
	n := Network{Seed: 7, Loss: 0.1, Repeat: 0.1, Reach: 5}
	sent := numbered(1000)
	first := numbers(n.Carry(sent))
	if !slices.Equal(first, numbers(n.Carry(sent))) {
		t.Error("the same seed gave another order")
	}
	n.Seed = 8
	if slices.Equal(first, numbers(n.Carry(sent))) {
		t.Error("another seed gave the same order")
	}
}

func TestLossRepetitionAndReordering(t *testing.T) {
	sent := numbered(10_000)
	count := func(n Network) (arrived, distinct int, sorted bool) {
		got := numbers(n.Carry(sent))
		sorted = slices.IsSorted(got)
		arrived = len(got)
		slices.Sort(got)
		return arrived, len(slices.Compact(got)), sorted
	}
	if arrived, distinct, sorted := count(Network{Loss: 0.5}); arrived != distinct || !sorted || arrived < 4500 || arrived > 5500 {
		t.Errorf("half lost: %d arrived, %d distinct, in order: %v", arrived, distinct, sorted)
	}
	if arrived, distinct, sorted := count(Network{Repeat: 0.5}); distinct != len(sent) || !sorted || arrived < 14_500 || arrived > 15_500 {
		t.Errorf("half repeated: %d arrived, %d distinct, in order: %v", arrived, distinct, sorted)
	}
	if arrived, distinct, sorted := count(Network{Reach: 3}); arrived != len(sent) || distinct != len(sent) || sorted {
		t.Errorf("reordered: %d arrived, %d distinct, in order: %v", arrived, distinct, sorted)
	}
}

func TestDamagedPacketsAreCopies(t *testing.T) {
	sent := make([][]byte, 1000)
	for i := range sent {
		sent[i] = make([]byte, 100)
	}
	short, changed := 0, 0
	for _, p := range (Network{Truncate: 0.2, Corrupt: 0.3}).Carry(sent) {
		if len(p) < 100 {
			short++
		} else if slices.Max(p) > 0 {
			changed++
		}
	}
	if short < 150 || short > 250 || changed < 180 || changed > 300 {
		t.Errorf("%d are short and %d changed", short, changed)
	}
	for i, p := range sent {
		if slices.Max(p) > 0 {
			t.Fatalf("packet %d was changed where it was sent", i)
		}
	}
}
