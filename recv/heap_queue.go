// SPDX-License-Identifier: Apache-2.0

package recv

// heapQueue is the FIFO of finished heaps that consumers haven't taken. It has limits, but leaves it to
// the loop to respect them. It is guarded by the stream's baton.
type heapQueue struct {
	heapsMax int
	bytesMax int64 // 0: no limit

	heaps []*Heap // a ring: count heaps from head on
	head  int
	count int
	bytes int64 // payload received of the heaps
}

func newHeapQueue(heapsMax int, bytesMax int64) heapQueue {
	return heapQueue{heapsMax: heapsMax, bytesMax: bytesMax, heaps: make([]*Heap, min(heapsMax, 64))}
}

// full says whether a limit is reached.
func (q *heapQueue) full() bool {
	return q.count >= q.heapsMax || q.bytesMax > 0 && q.count > 0 && q.bytes >= q.bytesMax
}

// push adds a heap.
func (q *heapQueue) push(h *Heap) {
	if q.count == len(q.heaps) {
		q.grow()
	}
	at := q.head + q.count
	if at >= len(q.heaps) {
		at -= len(q.heaps)
	}
	q.heaps[at] = h
	q.count++
	q.bytes += h.inner.Received()
}

// pop takes the oldest heap, or gives nil.
func (q *heapQueue) pop() *Heap {
	if q.count == 0 {
		return nil
	}
	h := q.heaps[q.head]
	q.heaps[q.head] = nil
	if q.head++; q.head == len(q.heaps) {
		q.head = 0
	}
	q.count--
	q.bytes -= h.inner.Received()
	return h
}

func (q *heapQueue) grow() {
	larger := make([]*Heap, 2*len(q.heaps)+1)
	n := copy(larger, q.heaps[q.head:])
	copy(larger[n:], q.heaps[:q.head])
	q.heaps, q.head = larger, 0
}
