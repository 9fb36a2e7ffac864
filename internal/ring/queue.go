// SPDX-License-Identifier: Apache-2.0

package ring

// Queue is a FIFO of things that have a size. It has limits, but leaves it to who fills it to respect
// them. One goroutine may use it at a time. The zero value is no queue: see NewQueue.
type Queue[T any] struct {
	countMax int
	bytesMax int64 // 0: no limit

	list  []entry[T] // a ring: count entries from head on
	head  int
	count int
	bytes int64 // of the entries
}

type entry[T any] struct {
	value T
	bytes int64
}

// NewQueue returns an empty queue, with a limit on the number of things in it, and one on their bytes
// together, or 0 for none.
func NewQueue[T any](countMax int, bytesMax int64) Queue[T] {
	return Queue[T]{countMax: countMax, bytesMax: bytesMax, list: make([]entry[T], min(countMax, 64))}
}

// Full says whether a limit is reached. A queue that is empty isn't full.
func (q *Queue[T]) Full() bool {
	return q.count >= q.countMax || q.bytesMax > 0 && q.count > 0 && q.bytes >= q.bytesMax
}

// Count is how many things are in the queue.
func (q *Queue[T]) Count() int { return q.count }

// Bytes is their size together.
func (q *Queue[T]) Bytes() int64 { return q.bytes }

// Push adds something of a size in bytes.
func (q *Queue[T]) Push(value T, bytes int64) {
	if q.count == len(q.list) {
		q.grow()
	}
	at := q.head + q.count
	if at >= len(q.list) {
		at -= len(q.list)
	}
	q.list[at] = entry[T]{value, bytes}
	q.count++
	q.bytes += bytes
}

// Pop takes the oldest thing; ok is false if there is none.
func (q *Queue[T]) Pop() (value T, ok bool) {
	if q.count == 0 {
		return value, false
	}
	e := q.list[q.head]
	q.list[q.head] = entry[T]{}
	if q.head++; q.head == len(q.list) {
		q.head = 0
	}
	q.count--
	q.bytes -= e.bytes
	return e.value, true
}

func (q *Queue[T]) grow() {
	larger := make([]entry[T], 2*len(q.list)+1)
	n := copy(larger, q.list[q.head:])
	copy(larger[n:], q.list[:q.head])
	q.list, q.head = larger, 0
}
