// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// bitReader takes big-endian numbers of any width out of bytes.
type bitReader struct {
	content []byte
	at      int64
}

func (r *bitReader) take(bits int64) *big.Int {
	n := new(big.Int)
	for range bits {
		n.Lsh(n, 1)
		bit := r.content[r.at/8] >> (7 - r.at%8) & 1
		n.SetBit(n, 0, uint(bit))
		r.at++
	}
	return n
}

func (r *bitReader) bytes(count int) []byte {
	return r.take(8 * int64(count)).FillBytes(make([]byte, count))
}

// plainElement reads an element of a dtype without fields: its value, and its bytes in
// little-endian order.
func plainElement(dtype string, content []byte) (value any, little []byte) {
	kind, _ := splitDType(dtype)
	part := len(content)
	switch kind {
	case 'c':
		part /= 2
	case 'U':
		part = 4
	}
	little = slices.Clone(content)
	if dtype[0] == '>' {
		for chunk := range slices.Chunk(little, part) {
			slices.Reverse(chunk)
		}
	}
	switch kind {
	case 'S':
		return latin1(content), little
	case 'V':
		return hex.EncodeToString(content), little
	case 'U':
		return ucs4(little), little
	case 'c':
		return []any{
			floatValue(littleUint(little[:part]), int64(8*part)),
			floatValue(littleUint(little[part:]), int64(8*part)),
		}, little
	}
	codes := map[byte]string{'u': "u", 'i': "i", 'f': "f", 'b': "b"}
	f := field{codes[kind], int64(8 * part)}
	return fieldValue(f, new(big.Int).SetUint64(littleUint(little))), little
}

func ucs4(little []byte) string {
	var s strings.Builder
	for chunk := range slices.Chunk(little, 4) {
		s.WriteRune(rune(littleUint(chunk)))
	}
	return strings.TrimRight(s.String(), "\x00")
}

func littleUint(b []byte) uint64 {
	var n uint64
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n
}

// floatValue gives the float with the given bits in the form of the vectors.
func floatValue(bits uint64, width int64) any {
	var f float64
	switch width {
	case 16:
		f = half(uint16(bits))
	case 32:
		f = float64(math.Float32frombits(uint32(bits)))
	default:
		f = math.Float64frombits(bits)
	}
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return json.Number(s)
}

// half gives the value of an IEEE float of 16 bits: 1 of sign, 5 of exponent, 10 of fraction.
func half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		f = math.Inf(1)
		if fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(1024+fraction, exponent-25)
	}
	if bits>>15 == 1 {
		f = math.Copysign(f, -1)
	}
	return f
}
