// SPDX-License-Identifier: Apache-2.0

package placement

import "math/bits"

// valueBits is how many bits an immediate value can have, in any flavour.
const valueBits = 56

// divisor divides numbers of at most valueBits bits by a constant, by multiplication and shift. The
// method is that of Granlund and Montgomery (Division by Invariant Integers using Multiplication,
// 1994): with 2^(l-1) < d <= 2^l and m = ceil(2^(N+l) / d), n/d is m*n >> (N+l) for all n < 2^N.
type divisor struct {
	by         uint64
	multiplier uint64
	shift      uint8
}

func newDivisor(by uint64) divisor {
	l := bits.Len64(by - 1)
	high, low := uint64(1)<<l>>(64-valueBits), uint64(1)<<l<<valueBits // 2^(N+l)
	m, rest := bits.Div64(high, low, by)
	if rest != 0 {
		m++
	}
	return divisor{by, m, uint8(l)}
}

// quotient gives n/by. Preconditions: n has at most valueBits bits.
func (d *divisor) quotient(n uint64) uint64 {
	high, _ := bits.Mul64(n<<(64-valueBits), d.multiplier)
	return high >> (d.shift & 63)
}
