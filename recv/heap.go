// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"iter"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
)

// Heap is a received heap. It and all memory that it gives access to belong to the consumer until
// Release. One goroutine may use it at a time.
type Heap struct {
	inner  *assembler.Heap
	stream *Stream
}

// Cnt is the heap's identifier.
func (h *Heap) Cnt() spead.HeapCnt { return h.inner.Cnt() }

// Flavour is that of the heap's packets, with the stream's bug-compatibility.
func (h *Heap) Flavour() spead.Flavour { return h.inner.Flavour() }

// Complete says whether nothing is missing. A heap without HEAP_LENGTH is complete if it has no
// hole: a lost end can't be told.
func (h *Heap) Complete() bool { return h.inner.Complete() }

// Length is HEAP_LENGTH, the payload in bytes, or -1 if the heap came without.
func (h *Heap) Length() int64 { return h.inner.Length() }

// Received is the number of payload bytes that came.
func (h *Heap) Received() int64 { return h.inner.Received() }

// Payload is the heap's payload as far as it reaches; what is missing is zero.
func (h *Heap) Payload() []byte { return h.inner.Contents() }

// IsStart says whether the heap has a stream control item that starts the stream.
func (h *Heap) IsStart() bool { return h.inner.IsCtrl(spead.CtrlStart) }

// IsStop says whether the heap has a stream control item that stops the stream.
func (h *Heap) IsStop() bool { return h.inner.IsCtrl(spead.CtrlStop) }

// Items gives the heap's items as spead2 does: those in the payload by address, then immediates by
// value. NULL items are left out; descriptors, stream control, and, unlike in spead2, empty items are
// among them. Of an incomplete heap only the immediates can be told. Values alias the heap's memory.
func (h *Heap) Items() iter.Seq[spead.RawItem] { return h.inner.Items() }

// Descriptors gives the descriptions in the heap, each with the error if it can't be interpreted.
// Embedded packets that are no descriptors are passed over, as in spead2.
func (h *Heap) Descriptors() iter.Seq2[spead.Descriptor, error] {
	return func(yield func(spead.Descriptor, error) bool) {
		bug := h.inner.Flavour().BugCompat()
		for raw := range h.inner.Descriptors() {
			if !yield(raw.Descriptor(bug)) {
				return
			}
		}
	}
}

// Ranges gives the parts of the payload that came, in order, as start and end: the bytes from start
// up to end.
func (h *Heap) Ranges() iter.Seq2[int64, int64] { return h.inner.Ranges() }

// Missing gives the parts of the payload that never came, in order, as start and end. The end of a
// heap of unknown length isn't known to be missing.
func (h *Heap) Missing() iter.Seq2[int64, int64] { return h.inner.Missing() }

// Release gives the heap's memory back to the stream for reuse. The heap, its items and all values
// that alias it must not be used afterwards, nor Release called again. A heap that isn't released is
// left to the garbage collector, which costs speed but nothing else. Any goroutine may call it, also
// after the stream was closed.
func (h *Heap) Release() { h.stream.release(h) }
