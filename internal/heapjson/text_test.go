// SPDX-License-Identifier: Apache-2.0

package heapjson

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestFloatsAreWrittenAsPythonDoes(t *testing.T) {
	tests := []struct {
		name  string
		value float64
		want  string
	}{
		{"zero", 0, "0.0"},
		{"negative zero", math.Copysign(0, -1), "-0.0"},
		{"a whole number", 3, "3.0"},
		{"a fraction", -0.1, "-0.1"},
		{"the smallest number without exponent", 0.0001, "0.0001"},
		{"the largest small number with exponent", 0.00001234, "1.234e-05"},
		{"the largest power of ten without exponent", 1e15, "1000000000000000.0"},
		{"the smallest power of ten with exponent", 1e16, "1e+16"},
		{"a large number", 1.4469782972135002e+35, "1.4469782972135002e+35"},
		{"the smallest number", 5e-324, "5e-324"},
		{"a 32-bit float", float64(float32(1.1)), "1.100000023841858"},
		{"not a number", math.NaN(), `"nan"`},
		{"infinity", math.Inf(1), `"inf"`},
		{"negative infinity", math.Inf(-1), `"-inf"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := string(appendFloat([]byte("1.5,"), test.value)); got != "1.5,"+test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestEveryFloatReadsBack(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range 10000 {
		f := math.Float64frombits(random.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		s := string(appendFloat(nil, f))
		back, err := strconv.ParseFloat(s, 64)
		if err != nil || math.Float64bits(back) != math.Float64bits(f) || !json.Valid([]byte(s)) {
			t.Fatalf("seed %d: %g was written as %s", seed, f, s)
		}
	}
}

func TestStringsReadBack(t *testing.T) {
	var latin1 []byte
	var runes []rune
	for c := range 256 {
		latin1 = append(latin1, byte(c))
		runes = append(runes, rune(c))
	}
	tests := []struct {
		name, want string
		written    []byte
	}{
		{"every byte", string(runes), appendLatin1(nil, latin1)},
		{"every character below 256", string(runes), appendString(nil, string(runes))},
		{"characters of any size", "π≈\u2028😀<>&", appendString(nil, "π≈\u2028😀<>&")},
		{"bytes that aren't UTF-8", "a\ufffdb", appendString(nil, "a\xffb")},
		{"hexadecimal", "00ff", appendHex(nil, []byte{0, 255})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got string
			if err := json.Unmarshal(test.written, &got); err != nil || got != test.want {
				t.Errorf("%s reads as %q (%v), want %q", test.written, got, err, test.want)
			}
		})
	}
}
