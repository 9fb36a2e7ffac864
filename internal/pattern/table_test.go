// SPDX-License-Identifier: Apache-2.0

package pattern

import (
	"bytes"
	"testing"

	"github.com/gospead/spead"
)

func TestHeapsOfATableDifferUntilTheyRepeat(t *testing.T) {
	const heapBytes = 100
	table := NewTable(heapBytes)
	seen := map[string]spead.HeapCnt{}
	for cnt := range spead.HeapCnt(windowCount) {
		heap := table.Heap(cnt)
		if len(heap) != heapBytes {
			t.Fatalf("heap %d has %d bytes", cnt, len(heap))
		}
		if other, ok := seen[string(heap)]; ok {
			t.Fatalf("heaps %d and %d are the same", other, cnt)
		}
		seen[string(heap)] = cnt
	}
	if !bytes.Equal(table.Heap(5), table.Heap(5+windowCount)) {
		t.Error("heap 5 doesn't come back")
	}
}
