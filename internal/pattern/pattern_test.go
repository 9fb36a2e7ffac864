// SPDX-License-Identifier: Apache-2.0

package pattern

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/gospead/spead"
)

// serial computes the sequence as its definition says.
func serial(n int) []uint32 {
	values := make([]uint32, n)
	x := uint64(1)
	for i := range values {
		x = x * multiplier % modulus
		values[i] = uint32(x)
	}
	return values
}

func TestTheSequenceIsTheMinimalStandardGenerators(t *testing.T) {
	// The 10000th value is how the C++ standard defines std::minstd_rand, [rand.predef].
	if got := At(9999); got != 399268537 {
		t.Errorf("value 10000 is %d, want 399268537", got)
	}
	for i, want := range serial(1000) {
		if got := At(uint64(i)); got != want {
			t.Fatalf("position %d: %d, want %d", i, got, want)
		}
	}
}

func TestPositionsRepeatAfterThePeriod(t *testing.T) {
	const period = modulus - 1
	for _, p := range []uint64{0, 1, 12345, period - 1} {
		if At(p) != At(p+period) || At(p) != At(p+period*4) {
			t.Errorf("position %d isn't repeated", p)
		}
	}
}

func TestFillContinuesTheSequenceAnywhere(t *testing.T) {
	want := serial(200)
	for first := range 20 {
		for words := range 70 {
			for rest := range WordBytes {
				checkFill(t, want[first:first+words], first, rest)
			}
		}
	}
}

// checkFill fills room for the wanted words, and rest bytes more, from word first of the sequence on.
func checkFill(t *testing.T, want []uint32, first, rest int) {
	t.Helper()
	b := make([]byte, len(want)*WordBytes+rest)
	Fill(b, uint64(first))
	for i := range want {
		if got := binary.BigEndian.Uint32(b[i*WordBytes:]); got != want[i] {
			t.Fatalf("%d words from %d: word %d is %d, want %d", len(want), first, i, got, want[i])
		}
	}
	if at := Differs(b, uint64(first)); at != -1 {
		t.Fatalf("%d words from %d differ at %d", len(want), first, at)
	}
}

func TestEveryChangedBitIsFound(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		b := make([]byte, WordBytes*(1+random.IntN(100)))
		position := random.Uint64() >> 2
		Fill(b, position)
		at := random.IntN(len(b))
		b[at] ^= 1 << random.IntN(8)
		if got := Differs(b, position); got != at/WordBytes {
			t.Fatalf("byte %d of %d from position %d was changed, found in word %d", at, len(b), position, got)
		}
	}
}

func TestHeapCntsAreCountedOnBeyondTheirFlavour(t *testing.T) {
	narrow, err := spead.NewFlavour(8, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		cnt    spead.HeapCnt
		before uint64
		f      spead.Flavour
		want   uint64
	}{
		{"the next", 5, 4, narrow, 5},
		{"the same", 5, 5, narrow, 5},
		{"one before", 4, 5, narrow, 4},
		{"around the end", 1, 255, narrow, 257},
		{"back around the end", 255, 257, narrow, 255},
		{"several times around", 3, 1023, narrow, 1027},
		{"nothing lies before the first", 200, 1, narrow, 200},
		{"a wide one", 1 << 39, 0, spead.Flavour{}, 1 << 39},
	} {
		if got := Unwrapped(c.cnt, c.before, c.f); got != c.want {
			t.Errorf("%s: %d after %d gives %d, want %d", c.name, c.cnt, c.before, got, c.want)
		}
	}
}
