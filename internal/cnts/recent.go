// SPDX-License-Identifier: Apache-2.0

package cnts

import "github.com/gospead/spead"

const recentHeaps = 1 << 10

// Recent remembers the cnts of heaps that were finished not long ago, if no two of them fall together.
type Recent struct {
	cnts [recentHeaps]uint64 // cnt+1; 0: none
}

func (r *Recent) slot(cnt spead.HeapCnt) *uint64 {
	// Spread as in the assembler's table: cnts often step by powers of two.
	return &r.cnts[uint64(cnt)*11400714819323198485>>(64-10)]
}

// Add remembers a cnt.
func (r *Recent) Add(cnt spead.HeapCnt) { *r.slot(cnt) = uint64(cnt) + 1 }

// Has says whether a cnt is remembered.
func (r *Recent) Has(cnt spead.HeapCnt) bool { return *r.slot(cnt) == uint64(cnt)+1 }
