// SPDX-License-Identifier: Apache-2.0

package spead

import "math"

// An IEEE float of 16 bits has a sign, 5 bits of exponent (biased by 15) and 10 of fraction; Go has
// no type for it, so its values are given as float32, which holds them all.

const (
	halfFraction = 10
	halfInfinity = 31 << halfFraction
	// halfTooLarge is where rounding starts to give infinity; the largest finite value is 65504.
	halfTooLarge = 65520.0
	// halfLeast is the smallest value above zero, as a power of two.
	halfLeast = -24
	// floatShift is how many more bits of fraction a float32 has.
	floatShift = 23 - halfFraction
)

// halfToFloat widens the bits of a 16-bit float to those of a float32, exactly: of NaN too.
func halfToFloat(half uint16) uint32 {
	sign := uint32(half>>15) << 31
	exponent, fraction := uint32(half>>halfFraction&31), uint32(half)&(1<<halfFraction-1)
	switch exponent {
	case 0:
		f := math.Ldexp(float64(fraction), halfLeast)
		return sign | math.Float32bits(float32(f))
	case 31:
		return sign | 0xff<<23 | fraction<<floatShift
	}
	return sign | (exponent+127-15)<<23 | fraction<<floatShift
}

// floatToHalf narrows a float to 16 bits, to the nearest value or the even one of two. ok is false
// for finite values that are too large.
func floatToHalf(f float64) (half uint16, ok bool) {
	sign := uint16(math.Float64bits(f)>>48) & 0x8000
	abs := math.Abs(f)
	switch {
	case math.IsNaN(f):
		return sign | halfInfinity | 1<<(halfFraction-1), true
	case math.IsInf(f, 0):
		return sign | halfInfinity, true
	case abs >= halfTooLarge:
		return 0, false
	case abs == 0: // it has no exponent
		return sign, true
	}
	// Counted in units of the last place, the value is rounded; a carry moves on into the exponent.
	_, exponent := math.Frexp(abs)
	unit := max(exponent-halfFraction-1, halfLeast)
	count := uint16(math.RoundToEven(math.Ldexp(abs, -unit)))
	return sign | uint16(unit-halfLeast)<<halfFraction + count, true
}

// nanToHalf narrows the bits of a float32 that is not a number, keeping what it can of the fraction.
func nanToHalf(float uint32) uint16 {
	half := uint16(float>>16)&0x8000 | halfInfinity | uint16(float>>floatShift)&(1<<halfFraction-1)
	if half&(1<<halfFraction-1) == 0 {
		half |= 1 << (halfFraction - 1)
	}
	return half
}
