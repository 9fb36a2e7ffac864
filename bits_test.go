// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"math"
	"math/big"
	"testing"
)

// TestBitsAreWhereBigIntegersFindThem compares with shifting one big integer.
func TestBitsAreWhereBigIntegersFindThem(t *testing.T) {
	r := newSource(1)
	for range 20000 {
		b := make([]byte, 1+r.IntN(40))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		width := 1 + r.Int64N(8*int64(len(b)))
		at := r.Int64N(8*int64(len(b)) - width + 1)
		whole := new(big.Int).SetBytes(b)
		want := new(big.Int).Rsh(whole, uint(8*int64(len(b))-at-width))
		want.And(want, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(width)), big.NewInt(1)))
		if got := bigAt(b, at, width, false); got.Cmp(want) != 0 {
			t.Fatalf("% x at %d, %d wide: %x, want %x", b, at, width, got, want)
		}
		if anyBit(b, at, width) != (want.Sign() != 0) {
			t.Fatalf("% x at %d, %d wide: any bit", b, at, width)
		}
		if width <= wordBits && bitsAt(b, at, width) != want.Uint64() {
			t.Fatalf("% x at %d, %d wide: %x, want %x", b, at, width, bitsAt(b, at, width), want)
		}
		signedWant := new(big.Int).Set(want)
		if want.Bit(int(width)-1) == 1 {
			signedWant.Sub(want, new(big.Int).Lsh(big.NewInt(1), uint(width)))
		}
		if got := bigAt(b, at, width, true); got.Cmp(signedWant) != 0 || !fitsBig(got, width, true) {
			t.Fatalf("% x at %d, %d wide: %x, want %x", b, at, width, got, signedWant)
		}
		checkPut(t, bitRun{b, at, width}, signedWant)
	}
}

// checkPut inverts the bits and writes them back.
func checkPut(t *testing.T, run bitRun, v *big.Int) {
	t.Helper()
	b, at, width := run.b, run.at, run.width
	c := append([]byte{}, b...)
	putBig(c, at, width, new(big.Int).Not(v))
	if width <= wordBits && bitsAt(c, at, width) == bitsAt(b, at, width) {
		t.Fatalf("% x at %d, %d wide: nothing was written", b, at, width)
	}
	putBig(c, at, width, v)
	if string(c) != string(b) {
		t.Fatalf("% x at %d, %d wide became % x", b, at, width, c)
	}
}

func TestFitsBigKnowsTheLimits(t *testing.T) {
	tests := []struct {
		v        int64
		width    int64
		signed   bool
		unsigned bool
	}{
		{0, 1, true, true}, {1, 1, false, true}, {-1, 1, true, false}, {2, 1, false, false},
		{127, 8, true, true}, {128, 8, false, true}, {-128, 8, true, false}, {-129, 8, false, false},
		{255, 8, false, true}, {256, 8, false, false},
	}
	for _, test := range tests {
		v := big.NewInt(test.v)
		if fitsBig(v, test.width, true) != test.signed || fitsBig(v, test.width, false) != test.unsigned {
			t.Errorf("%d in %d bits", test.v, test.width)
		}
	}
}

// TestHalvesRoundTrip: all 16-bit floats.
func TestHalvesRoundTrip(t *testing.T) {
	for i := range 1 << 16 {
		half := uint16(i)
		float := halfToFloat(half)
		value := math.Float32frombits(float)
		back, ok := floatToHalf(float64(value))
		if value != value {
			back = nanToHalf(float)
		}
		if !ok || back != half {
			t.Fatalf("%04x is %v (%08x), which is %04x", half, value, float, back)
		}
	}
}

func TestHalvesAreRoundedToTheNearest(t *testing.T) {
	for i := range 0x7bff {
		low := float64(math.Float32frombits(halfToFloat(uint16(i))))
		high := float64(math.Float32frombits(halfToFloat(uint16(i + 1))))
		middle := (low + high) / 2
		even := uint16(i + i&1)
		for f, want := range map[float64]uint16{
			math.Nextafter(middle, low): uint16(i), middle: even, math.Nextafter(middle, high): uint16(i + 1),
		} {
			if got, ok := floatToHalf(-f); !ok || got != want|0x8000 {
				t.Fatalf("-%v becomes %04x, want %04x", f, got, want|0x8000)
			}
		}
	}
	known := map[uint16]float32{0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0400: 6.103515625e-05, 0x0001: 5.9604645e-08, 0x8000: 0}
	for half, want := range known {
		if got := math.Float32frombits(halfToFloat(half)); got != want {
			t.Errorf("%04x is %v, want %v", half, got, want)
		}
	}
	if half, ok := floatToHalf(math.NaN()); !ok || half != 0x7e00 {
		t.Errorf("NaN is %04x", half)
	}
	if half := nanToHalf(0x7f800001); half != 0x7e00 {
		t.Errorf("a NaN with nothing in the upper bits is %04x", half)
	}
}
