// SPDX-License-Identifier: Apache-2.0

package ring

import (
	"math/rand/v2"
	"testing"
)

// TestAQueueIsAList compares queues with lists.
func TestAQueueIsAList(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 6))
		countMax, bytesMax := 1+r.IntN(10), r.Int64N(3)*10
		q := NewQueue[int](countMax, bytesMax)
		var list []int
		bytes := 0
		for i := range 500 {
			if r.IntN(2) == 0 {
				q.Push(i, int64(i%7))
				list = append(list, i)
				bytes += i % 7
			} else if got, ok := q.Pop(); ok != (len(list) > 0) {
				t.Fatalf("of %d there was one: %v", len(list), ok)
			} else if ok {
				if got != list[0] {
					t.Fatalf("%d came, want %d", got, list[0])
				}
				list, bytes = list[1:], bytes-got%7
			}
			full := len(list) >= countMax || bytesMax > 0 && len(list) > 0 && int64(bytes) >= bytesMax
			if q.Count() != len(list) || q.Bytes() != int64(bytes) || q.Full() != full {
				t.Fatalf("%d of %d bytes, full: %v; want %d of %d, %v", q.Count(), q.Bytes(), q.Full(), len(list), bytes, full)
			}
		}
	}
}
