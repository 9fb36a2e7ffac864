// SPDX-License-Identifier: Apache-2.0

package recv

// chunkWindow is the range of chunks that are being filled: from head up to tail, at most as many as
// there are slots. It only moves forward. It does nothing by itself: step says what has to be done
// next to bring a chunk into it, so that the caller may stop between any two steps and go on later.
//
//	step(id):   behind        id < head
//	            holds         head <= id < tail
//	            full          drop the head first
//	            skips         nothing of the window stays: skip to id-slots+1
//	            grows         push the chunk tail
//
// Ids are unsigned so that tail can lie behind the largest id. As spead2's window.
type chunkWindow[T any] struct {
	head, tail uint64
	slots      []T
	first      int // where in slots that of head is
}

// windowStep is what a window needs next.
type windowStep uint8

const (
	windowBehind windowStep = iota
	windowHolds
	windowFull
	windowSkips
	windowGrows
)

func newChunkWindow[T any](slots int) chunkWindow[T] {
	return chunkWindow[T]{slots: make([]T, slots)}
}

// step says what has to happen next for the window to hold a chunk.
func (w *chunkWindow[T]) step(id uint64) windowStep {
	count := uint64(len(w.slots))
	switch {
	case id < w.head:
		return windowBehind
	case id < w.tail:
		return windowHolds
	case id-w.tail >= count && w.head < w.tail, w.tail-w.head == count:
		return windowFull
	case id-w.tail >= count:
		return windowSkips
	}
	return windowGrows
}

// slot gives a chunk's slot. Preconditions: the window holds the chunk.
func (w *chunkWindow[T]) slot(id uint64) *T {
	at := w.first + int(id-w.head)
	if at >= len(w.slots) {
		at -= len(w.slots)
	}
	return &w.slots[at]
}

// push adds the chunk tail, in a slot that the caller fills. Preconditions: the window isn't full.
func (w *chunkWindow[T]) push() *T {
	w.tail++
	return w.slot(w.tail - 1)
}

// drop removes the chunk head. Preconditions: the window isn't empty.
func (w *chunkWindow[T]) drop() {
	w.head++
	if w.first++; w.first == len(w.slots) {
		w.first = 0
	}
}

// skip moves the window to where it can take id after at most as many pushes as it has slots.
// Preconditions: step said so.
func (w *chunkWindow[T]) skip(id uint64) { w.skipTo(id - uint64(len(w.slots)-1)) }

// skipTo moves the window to a chunk. Preconditions: it is empty, and the chunk is not behind it.
func (w *chunkWindow[T]) skipTo(head uint64) { w.head, w.tail = head, head }

// empty says whether the window holds no chunk.
func (w *chunkWindow[T]) empty() bool { return w.head == w.tail }
