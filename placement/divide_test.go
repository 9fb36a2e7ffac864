// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"math/rand/v2"
	"testing"
)

func TestDivisionByMultiplicationIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const most = 1<<valueBits - 1
	check := func(n, by uint64) {
		t.Helper()
		d := newDivisor(by)
		if got := d.quotient(n); got != n/by {
			t.Fatalf("%d/%d: %d, want %d", n, by, got, n/by)
		}
	}
	divisors := []uint64{1, 2, 3, 5, 6, 7, 10, 1 << 20, 1<<20 - 1, 1<<20 + 1, 1 << 55, 1<<55 + 1, most - 1, most}
	for range 2000 {
		divisors = append(divisors, 1+r.Uint64N(most>>r.IntN(valueBits)))
	}
	for _, by := range divisors {
		for range 50 {
			n := r.Uint64N(most>>r.IntN(valueBits) + 1)
			check(n, by)
			for _, n := range []uint64{n / by * by, n/by*by + by - 1, most / by * by, 0, 1, most} {
				if n <= most {
					check(n, by)
				}
				if n > 0 && n-1 <= most {
					check(n-1, by)
				}
			}
		}
	}
}
