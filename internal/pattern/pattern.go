// SPDX-License-Identifier: Apache-2.0

package pattern

import (
	"encoding/binary"

	"github.com/gospead/spead"
)

const (
	// WordBytes is the size of a value.
	WordBytes = 4

	// FirstItem is the id of the first item of test data, as in spead2; the others follow.
	FirstItem spead.ItemID = 0x1000

	multiplier = 48271
	// modulus is a Mersenne prime, 2^modulusBits - 1, so that no division is needed.
	modulus     = 1<<modulusBits - 1
	modulusBits = 31

	lanes      = 8
	blockBytes = lanes * WordBytes
)

// At gives the value at a position.
func At(position uint64) uint32 {
	return uint32(power((position + 1) % (modulus - 1)))
}

// Fill fills b with the values from a position on, big-endian. A rest of less than a word is left as
// it is.
func Fill(b []byte, position uint64) {
	x, step := start(position)
	for len(b) >= blockBytes {
		for pair := 0; pair < lanes; pair += 2 {
			binary.BigEndian.PutUint64(b[pair*WordBytes:], x[pair]<<32|x[pair+1])
		}
		advance(&x, step)
		b = b[blockBytes:]
	}
	for i := range len(b) / WordBytes {
		binary.BigEndian.PutUint32(b[i*WordBytes:], uint32(x[i]))
	}
}

// Differs compares b with the values from a position on, and returns the index of the first word
// that is another, or -1. A rest of less than a word isn't looked at.
func Differs(b []byte, position uint64) int {
	x, step := start(position)
	word := 0
	for len(b) >= blockBytes {
		var difference uint64
		for pair := 0; pair < lanes; pair += 2 {
			difference |= binary.BigEndian.Uint64(b[pair*WordBytes:]) ^ (x[pair]<<32 | x[pair+1])
		}
		if difference != 0 {
			break
		}
		advance(&x, step)
		b = b[blockBytes:]
		word += lanes
	}
	for i := range min(len(b)/WordBytes, lanes) {
		if binary.BigEndian.Uint32(b[i*WordBytes:]) != uint32(x[i]) {
			return word + i
		}
	}
	return -1
}

// Unwrapped gives the heap cnt beyond the width of its flavour that is nearest to one seen before:
// counting begins again at 0 after the flavour's largest, while positions go on.
func Unwrapped(cnt spead.HeapCnt, before uint64, f spead.Flavour) uint64 {
	ahead := (uint64(cnt) - before) & f.MaxImmediate()
	if back := f.MaxImmediate() + 1 - ahead; back < ahead && back <= before {
		return before - back
	}
	return before + ahead
}

// start gives the values of the lanes from a position on, and by what to multiply for the next.
func start(position uint64) (x [lanes]uint64, step uint64) {
	x[0] = uint64(At(position))
	for i := 1; i < lanes; i++ {
		x[i] = product(x[i-1], multiplier)
	}
	return x, power(lanes)
}

func advance(x *[lanes]uint64, step uint64) {
	for i := range x {
		x[i] = product(x[i], step)
	}
}

// power gives the multiplier to the power of n.
func power(n uint64) uint64 {
	result := uint64(1)
	for square := uint64(multiplier); n > 0; n >>= 1 {
		if n&1 != 0 {
			result = product(result, square)
		}
		square = product(square, square)
	}
	return result
}

// product multiplies modulo 2^31-1. Both factors are from 1 up to 2^31-2, and so is the result: as
// the modulus is prime it is never 0, so that the second fold has nothing left above 31 bits.
func product(a, b uint64) uint64 {
	p := a * b
	p = p&modulus + p>>modulusBits
	return p&modulus + p>>modulusBits
}
