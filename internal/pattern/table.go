// SPDX-License-Identifier: Apache-2.0

package pattern

import "github.com/gospead/spead"

const (
	// Heaps of a table begin windowBytes apart, at one of windowCount places. The count is prime, and so
	// are heaps of neighboring cnts far apart.
	windowBytes  = 64
	windowCount  = 4099
	windowStride = 1777
)

// Table gives every heap cnt contents of its own without computing anything: a window onto one piece
// of the sequence. Making and checking them costs what comparing memory costs, which is for a program
// that holds both ends. Contents come back after 4099 heaps.
type Table struct {
	sequence  []byte
	heapBytes int
}

// NewTable returns a table for heaps of heapBytes each, at least 0. It takes about 256 KiB more.
func NewTable(heapBytes int) *Table {
	t := &Table{make([]byte, heapBytes+windowBytes*windowCount), heapBytes}
	Fill(t.sequence, 0)
	return t
}

// Heap gives the contents of a heap. They are the table's own: nobody may change them.
func (t *Table) Heap(cnt spead.HeapCnt) []byte {
	at := uint64(cnt) % windowCount * windowStride % windowCount * windowBytes
	return t.sequence[at:][:t.heapBytes:t.heapBytes]
}
