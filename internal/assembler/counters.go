// SPDX-License-Identifier: Apache-2.0

package assembler

// Counters says what an assembler did. They only grow, but for those of heaps in progress. Always
//
//	HeapsStarted = HeapsCompleted + HeapsEvicted + HeapsFlushed + HeapsStopped + LiveHeaps
//	PayloadBytes = LiveBytes + Heap.Received of all heaps that were finished
type Counters struct {
	// HeapsStarted counts heaps of which a packet was accepted.
	HeapsStarted int64
	// HeapsCompleted, HeapsEvicted, HeapsFlushed and HeapsStopped count finished heaps by their End.
	HeapsCompleted, HeapsEvicted, HeapsFlushed, HeapsStopped int64
	// HeapsRestarted counts those of HeapsStarted that had the cnt of one that had begun.
	HeapsRestarted int64
	// SinglePacketHeaps counts those of HeapsStarted that came in a packet as long as the heap.
	SinglePacketHeaps int64
	// SearchDist counts steps of looking up heaps by cnt, as spead2 does: at least one for each packet
	// that isn't a heap by itself.
	SearchDist int64
	// PayloadBytes counts the payload of accepted packets, but for BytesRepeated.
	PayloadBytes int64
	// BytesRepeated counts payload of accepted packets that had been received before, with
	// Config.MergeOverlaps.
	BytesRepeated int64
	// PacketsOutOfOrder counts accepted packets with payload that belongs before payload which came
	// earlier.
	PacketsOutOfOrder int64
	// LiveHeaps is the number of heaps in progress, and LiveBytes the payload received of them.
	LiveHeaps, LiveBytes int64
}
