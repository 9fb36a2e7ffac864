// SPDX-License-Identifier: Apache-2.0

package chunks

// Window is the range of chunks that are being filled: from the head up to the tail, at most as many
// as there are slots. It only moves forward. It does nothing by itself: Next says what has to be done
// to bring a chunk into it, so that the caller may stop between any two steps and go on later. It
// moves as spead2's.
//
// Ids are unsigned so that the tail can lie behind the largest id.
type Window[T any] struct {
	head, tail uint64
	slots      []T
	first      int // where in slots that of head is
}

// Step is what a window needs next.
type Step uint8

// The steps.
const (
	// Behind: the chunk lies before the head, and won't ever be in the window again.
	Behind Step = iota
	// Holds: the window holds the chunk.
	Holds
	// Full: drop the head first.
	Full
	// Jumps: nothing of the window would stay: jump to where it will be.
	Jumps
	// Grows: push the chunk at the tail.
	Grows
)

// NewWindow returns a window with a number of slots that begins at chunk 0.
func NewWindow[T any](slots int) Window[T] {
	return Window[T]{slots: make([]T, slots)}
}

// Head is the oldest chunk that the window holds, or the first that it will.
func (w *Window[T]) Head() uint64 { return w.head }

// Tail is the chunk behind the last that the window holds.
func (w *Window[T]) Tail() uint64 { return w.tail }

// Slots is the most chunks that the window can hold.
func (w *Window[T]) Slots() int { return len(w.slots) }

// Next says what has to happen next for the window to hold a chunk.
func (w *Window[T]) Next(id uint64) Step {
	count := uint64(len(w.slots))
	switch {
	case id < w.head:
		return Behind
	case id < w.tail:
		return Holds
	case id-w.tail >= count && w.head < w.tail, w.tail-w.head == count:
		return Full
	case id-w.tail >= count:
		return Jumps
	}
	return Grows
}

// Slot gives a chunk's slot. Preconditions: the window holds the chunk.
func (w *Window[T]) Slot(id uint64) *T {
	at := w.first + int(id-w.head)
	if at >= len(w.slots) {
		at -= len(w.slots)
	}
	return &w.slots[at]
}

// Push adds the chunk tail, in a slot that the caller fills. Preconditions: the window isn't full.
func (w *Window[T]) Push() *T {
	w.tail++
	return w.Slot(w.tail - 1)
}

// Drop removes the chunk head. Preconditions: the window isn't empty.
func (w *Window[T]) Drop() {
	w.head++
	if w.first++; w.first == len(w.slots) {
		w.first = 0
	}
}

// Jump moves the window to where it can take id after at most as many pushes as it has slots.
// Preconditions: Next said so.
func (w *Window[T]) Jump(id uint64) { w.JumpTo(id - uint64(len(w.slots)-1)) }

// JumpTo moves the window to a chunk. Preconditions: it is empty, and the chunk is not behind it.
func (w *Window[T]) JumpTo(head uint64) { w.head, w.tail = head, head }

// Empty says whether the window holds no chunk.
func (w *Window[T]) Empty() bool { return w.head == w.tail }
