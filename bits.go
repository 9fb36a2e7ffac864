// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"encoding/binary"
	"math/big"
)

// Bits are counted as SPEAD sends them: bit 0 is the most significant one of the first byte.

// wordBits is the widest integer that is not a big one.
const wordBits = 64

// bitsAt reads an unsigned integer of width bits, at most 64, from bit at of b.
func bitsAt(b []byte, at, width int64) uint64 {
	first, skip := at/8, at%8
	rest := b[first:]
	if len(rest) >= 8 && skip+width <= wordBits {
		return binary.BigEndian.Uint64(rest) << skip >> (wordBits - width)
	}
	var v uint64
	// The first byte gives what it has behind the skipped bits, the last one what is wanted of it.
	have := int64(0)
	for i := 0; have < width; i++ {
		c, bits := uint64(rest[i]), int64(8)
		if i == 0 {
			c, bits = c&(0xff>>skip), 8-skip
		}
		if surplus := have + bits - width; surplus > 0 {
			c, bits = c>>surplus, bits-surplus
		}
		v = v<<bits | c
		have += bits
	}
	return v
}

// putBits writes the low width bits of v, at most 64, from bit at of b on. What is around them stays.
func putBits(b []byte, at, width int64, v uint64) {
	for width > 0 {
		skip := at % 8
		bits := min(8-skip, width)
		shift := 8 - skip - bits
		mask := byte(1<<bits-1) << shift
		c := byte(v>>(width-bits)) << shift
		b[at/8] = b[at/8]&^mask | c&mask
		at += bits
		width -= bits
	}
}

// signed takes an integer of width bits in two's complement.
func signed(v uint64, width int64) int64 {
	return int64(v<<(wordBits-width)) >> (wordBits - width)
}

// anyBit says whether any of width bits is set.
func anyBit(b []byte, at, width int64) bool {
	for width > 0 {
		bits := min(width, wordBits)
		if bitsAt(b, at, bits) != 0 {
			return true
		}
		at += bits
		width -= bits
	}
	return false
}

// bigAt reads an integer of any width, in two's complement if isSigned.
func bigAt(b []byte, at, width int64, isSigned bool) *big.Int {
	packed := make([]byte, (width+7)/8)
	// The number stands at the right end of packed, so the first byte may get less than 8 bits.
	copyBits(packed, 8*int64(len(packed))-width, bitRun{b, at, width})
	v := new(big.Int).SetBytes(packed)
	if isSigned && v.Bit(int(width)-1) == 1 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(width)))
	}
	return v
}

// putBig writes an integer of any width, in two's complement. Preconditions: it fits.
func putBig(b []byte, at, width int64, v *big.Int) {
	if v.Sign() < 0 {
		v = new(big.Int).Add(v, new(big.Int).Lsh(big.NewInt(1), uint(width)))
	}
	packed := v.FillBytes(make([]byte, (width+7)/8))
	copyBits(b, at, bitRun{packed, 8*int64(len(packed)) - width, width})
}

// bitRun is width bits of b from bit at on.
type bitRun struct {
	b         []byte
	at, width int64
}

// copyBits writes a run of bits from bit at of dst on.
func copyBits(dst []byte, at int64, run bitRun) {
	for run.width > 0 {
		bits := min(run.width, wordBits-8)
		putBits(dst, at, bits, bitsAt(run.b, run.at, bits))
		at, run.at, run.width = at+bits, run.at+bits, run.width-bits
	}
}

// fitsBig says whether an integer of width bits can hold v.
func fitsBig(v *big.Int, width int64, isSigned bool) bool {
	if !isSigned {
		return v.Sign() >= 0 && int64(v.BitLen()) <= width
	}
	if v.Sign() < 0 {
		v = new(big.Int).Not(v)
	}
	return int64(v.BitLen()) < width
}

// quickBits is the widest integer that unpack and pack take: 8 bytes hold it wherever it starts.
const quickBits = wordBits - 7

// unpack reads integers that follow each other from the first bit of b on, each to the next size
// bytes of dst in the machine's byte order. Preconditions: width is at most quickBits, size is that
// of a Go integer that holds the integers, b has them all, and dst is as long as they need.
func unpack(dst []byte, size int, b []byte, l leaf) {
	at := int64(0)
	for ; len(dst) > 0; dst = dst[size:] {
		var word uint64
		if first := int(at / 8); len(b)-first >= 8 {
			word = binary.BigEndian.Uint64(b[first:]) << (at % 8)
			if l.kind == KindInt {
				word = uint64(int64(word) >> (wordBits - l.bits))
			} else {
				word >>= wordBits - l.bits
			}
		} else if word = bitsAt(b, at, l.bits); l.kind == KindInt {
			word = uint64(signed(word, l.bits))
		}
		switch size {
		case 1:
			dst[0] = byte(word)
		case 2:
			binary.NativeEndian.PutUint16(dst, uint16(word))
		case 4:
			binary.NativeEndian.PutUint32(dst, uint32(word))
		default:
			binary.NativeEndian.PutUint64(dst, word)
		}
		at += l.bits
	}
}

// pack is the way back: of each integer in src it writes the low bits that l has, from the first bit
// of dst on. Bits behind the last one in its byte become zero.
func pack(dst []byte, src []byte, from, l leaf) {
	var word uint64
	have := int64(0)
	size := int(from.bits / 8)
	mask := uint64(1)<<l.bits - 1
	for ; len(src) > 0; src = src[size:] {
		word = word<<l.bits | from.integerAt(src)&mask
		for have += l.bits; have >= 8; dst = dst[1:] {
			have -= 8
			dst[0] = byte(word >> have)
		}
	}
	if have > 0 {
		dst[0] = byte(word << (8 - have))
	}
}

// integerAt reads the Go integer at the start of b, with its sign in the upper bits.
func (l leaf) integerAt(b []byte) uint64 {
	var word uint64
	switch l.bits {
	case 8:
		word = uint64(b[0])
	case 16:
		word = uint64(binary.NativeEndian.Uint16(b))
	case 32:
		word = uint64(binary.NativeEndian.Uint32(b))
	default:
		return binary.NativeEndian.Uint64(b)
	}
	if l.kind == KindInt {
		word = uint64(signed(word, l.bits))
	}
	return word
}
