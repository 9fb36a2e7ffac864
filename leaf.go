// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"encoding/binary"
	"fmt"
	"math"
)

// leaf is a number, or a character, as it lies in bytes: a field of a format, a dtype that isn't a
// structure, or a Go type.
type leaf struct {
	// kind is one of KindBool, KindInt, KindUint, KindFloat, KindComplex; KindBytes, KindUnicode and
	// KindVoid for what is no number.
	kind Kind
	bits int64
	// big says that bytes are in big-endian order.
	big bool
	// packed says that the leaf need not start at a byte or end at one. It is big-endian then.
	packed bool
}

// number is a value on its way from one leaf to another. Floats keep their bits, so that a NaN stays
// the one it was.
type number struct {
	// kind is KindBool, KindInt, KindUint, KindFloat or KindComplex.
	kind Kind
	// floatSize is the size in bytes of the float, or of each half of the complex number: 4 or 8.
	floatSize int64
	// word is a bool (0 or 1), an integer (of KindInt as int64), or the bits of a float or real part.
	word uint64
	// imag is the bits of the imaginary part.
	imag uint64
}

// float gives the value of a float or of the real part.
func (n number) float() float64 { return floatOf(n.word, n.floatSize) }

func floatOf(word uint64, size int64) float64 {
	if size == 4 {
		return float64(math.Float32frombits(uint32(word)))
	}
	return math.Float64frombits(word)
}

func (l leaf) String() string {
	if l.packed {
		return Field{byte(l.kind), l.bits}.String()
	}
	return string(rune(l.kind)) + fmt.Sprint(l.bits/8)
}

// leafOf gives the leaf of a dtype that isn't a structure.
func leafOf(t *DType) leaf {
	kind := t.kind
	if kind == KindDatetime || kind == KindTimedelta {
		kind = KindInt
	}
	return leaf{kind: kind, bits: 8 * t.size, big: t.big}
}

// leaf gives the field's leaf within bit-packed elements.
func (f Field) leaf() leaf {
	kind := Kind(f.Code)
	if f.Code == CodeChar {
		kind = KindBytes
	}
	return leaf{kind: kind, bits: f.Bits, big: true, packed: true}
}

// isNumber says whether the leaf is a number of up to 64 bits, or a complex one.
func (l leaf) isNumber() bool {
	switch l.kind {
	case KindBool, KindFloat, KindComplex:
		return true
	}
	return l.isInteger() && l.bits <= wordBits
}

func (l leaf) isInteger() bool { return l.kind == KindInt || l.kind == KindUint }

// wordAt reads width bits, at most 64, from bit at of b.
func (l leaf) wordAt(b []byte, at, width int64) uint64 {
	if l.packed {
		return bitsAt(b, at, width)
	}
	b = b[at/8:]
	switch {
	case width == 8:
		return uint64(b[0])
	case l.big:
		return bigWord(b, width)
	}
	return littleWord(b, width)
}

func bigWord(b []byte, width int64) uint64 {
	switch width {
	case 16:
		return uint64(binary.BigEndian.Uint16(b))
	case 32:
		return uint64(binary.BigEndian.Uint32(b))
	}
	return binary.BigEndian.Uint64(b)
}

func littleWord(b []byte, width int64) uint64 {
	switch width {
	case 16:
		return uint64(binary.LittleEndian.Uint16(b))
	case 32:
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return binary.LittleEndian.Uint64(b)
}

// putWord writes the low width bits of v from bit at of b on.
func (l leaf) putWord(b []byte, at, width int64, v uint64) {
	if l.packed {
		putBits(b, at, width, v)
		return
	}
	b = b[at/8:]
	for i := range width / 8 {
		shift := 8 * i
		if l.big {
			shift = width - 8 - shift
		}
		b[i] = byte(v >> shift)
	}
}

// load reads the number at bit at of b. Preconditions: isNumber.
func (l leaf) load(b []byte, at int64) number {
	switch l.kind {
	case KindBool:
		n := number{kind: KindBool}
		if l.packed && anyBit(b, at, l.bits) || !l.packed && b[at/8] != 0 {
			n.word = 1
		}
		return n
	case KindInt:
		return number{kind: KindInt, word: uint64(signed(l.wordAt(b, at, l.bits), l.bits))}
	case KindUint:
		return number{kind: KindUint, word: l.wordAt(b, at, l.bits)}
	case KindComplex:
		half := l.bits / 2
		return number{KindComplex, half / 8, l.wordAt(b, at, half), l.wordAt(b, at+half, half)}
	}
	word := l.wordAt(b, at, l.bits)
	if l.bits == 16 {
		return number{kind: KindFloat, floatSize: 4, word: uint64(halfToFloat(uint16(word)))}
	}
	return number{kind: KindFloat, floatSize: l.bits / 8, word: word}
}

// store writes a number at bit at of b. Preconditions: convert gave n for this leaf.
func (l leaf) store(b []byte, at int64, n number) {
	switch l.kind {
	case KindComplex:
		half := l.bits / 2
		l.putWord(b, at, half, n.word)
		l.putWord(b, at+half, half, n.imag)
		return
	case KindBool:
		// A boolean may be wider than a word: all bits but its last are zero.
		for ; l.bits > wordBits; l.bits -= wordBits {
			putBits(b, at, wordBits, 0)
			at += wordBits
		}
	}
	l.putWord(b, at, l.bits, n.word)
}

// convert gives n with the bits that the leaf stores. Integers have to be in range, floats may be
// rounded to a narrower type but not become infinite, integers become floats only if these can hold
// them exactly. ok is false otherwise. Preconditions: isNumber.
func (l leaf) convert(n number) (converted number, ok bool) {
	switch l.kind {
	case KindBool:
		return n, n.kind == KindBool
	case KindInt:
		v := int64(n.word)
		isInt := n.kind == KindInt || n.kind == KindUint && v >= 0
		return n, isInt && signed(n.word, l.bits) == v
	case KindUint:
		isUint := n.kind == KindUint || n.kind == KindInt && int64(n.word) >= 0
		return n, isUint && n.word>>(l.bits-1)>>1 == 0
	case KindFloat:
		if n.kind == KindComplex || n.kind == KindBool {
			return n, false
		}
		n.word, ok = l.floatBits(n)
		return n, ok
	}
	if n.kind == KindBool {
		return n, false
	}
	part := leaf{kind: KindFloat, bits: l.bits / 2}
	converted.word, ok = part.floatBits(n)
	if n.kind == KindComplex && ok {
		n.word = n.imag
		converted.imag, ok = part.floatBits(n)
	}
	return converted, ok
}

// floatBits gives the bits of a float that n, or its real part, becomes.
func (l leaf) floatBits(n number) (word uint64, ok bool) {
	var f float64
	switch n.kind {
	case KindInt:
		f = float64(int64(n.word))
		// 2^63 itself is no int64: the conversion back must not see it.
		ok = f < 1<<63 && int64(f) == int64(n.word)
		return l.narrow(f, ok)
	case KindUint:
		f = float64(n.word)
		ok = f < 1<<64 && uint64(f) == n.word
		return l.narrow(f, ok)
	}
	f = n.float()
	switch {
	case 8*n.floatSize == l.bits:
		return n.word, true
	case l.bits == 16 && math.IsNaN(f) && n.floatSize == 4:
		return uint64(nanToHalf(uint32(n.word))), true
	case l.bits == 64:
		return math.Float64bits(f), true
	case l.bits == 16:
		half, ok := floatToHalf(f)
		return uint64(half), ok
	}
	narrowed := float32(f)
	return uint64(math.Float32bits(narrowed)), !math.IsInf(float64(narrowed), 0) || math.IsInf(f, 0)
}

// narrow gives the bits of a float for an integer's value f, if both can hold it.
func (l leaf) narrow(f float64, exact bool) (word uint64, ok bool) {
	if !exact {
		return 0, false
	}
	word, ok = l.floatBits(number{kind: KindFloat, floatSize: 8, word: math.Float64bits(f)})
	size := max(l.bits/8, 4)
	wide := word
	if l.bits == 16 {
		wide = uint64(halfToFloat(uint16(word)))
	}
	return word, ok && floatOf(wide, size) == f
}

// holds says whether the leaf can hold every value of another, exactly.
func (l leaf) holds(other leaf) bool {
	if !other.isNumber() {
		// Single bytes are as good as numbers.
		return other.kind == KindBytes && other.bits == 8 && l.kind == KindUint
	}
	switch l.kind {
	case KindBool:
		return other.kind == KindBool
	case KindInt:
		return other.kind == KindInt && other.bits <= l.bits || other.kind == KindUint && other.bits < l.bits
	case KindUint:
		return other.kind == KindUint && other.bits <= l.bits
	case KindFloat:
		return l.precision() >= other.precision() && other.kind != KindComplex
	}
	return leaf{kind: KindFloat, bits: l.bits / 2}.holds(other) || other.kind == KindComplex && other.bits <= l.bits
}

// precision is how many bits of magnitude the leaf has; no float has as many as a bool asks for.
func (l leaf) precision() int64 {
	switch l.kind {
	case KindInt:
		return l.bits - 1
	case KindUint:
		return l.bits
	case KindFloat:
		switch l.bits {
		case 16:
			return 11
		case 32:
			return 24
		}
		return 53
	}
	return math.MaxInt64
}
