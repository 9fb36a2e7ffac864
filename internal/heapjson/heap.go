// SPDX-License-Identifier: Apache-2.0

package heapjson

import (
	"crypto/sha256"
	"iter"
	"strconv"

	"github.com/gospead/spead"
)

// hexMost is how many bytes of an addressed item are written out; of longer ones only the hash is.
const hexMost = 32

// Heap is what is written of a received heap.
type Heap interface {
	spead.HeapContents
	// Cnt is the heap's identifier.
	Cnt() spead.HeapCnt
	// Flavour is that of the heap's packets.
	Flavour() spead.Flavour
	// IsStart says whether the heap starts the stream.
	IsStart() bool
	// IsStop says whether the heap stops the stream.
	IsStop() bool
	// Complete says whether no payload is missing.
	Complete() bool
	// Length is HEAP_LENGTH in bytes, -1 if it isn't known.
	Length() int64
	// Received is the number of payload bytes that came.
	Received() int64
	// Ranges gives the parts of the payload that came, as start and end.
	Ranges() iter.Seq2[int64, int64]
}

// Encoder writes heaps. The zero value is ready. It keeps memory between heaps, so one goroutine may
// use it at a time.
type Encoder struct {
	// PayloadRanges says that incomplete heaps tell which parts of their payload came. Without it the
	// list is empty, as spead2's is.
	PayloadRanges bool

	items, elements []byte
}

// Append updates group with the heap's descriptors and items and appends the heap as one JSON
// object, without a newline. Incomplete heaps have nothing to update the group with.
//
// The object is appended in any case. The error says why the update failed, and the object that it
// did; its descriptors and the items before the bad one have been updated. Nothing in dst or the
// encoder refers to the heap afterwards.
func (e *Encoder) Append(dst []byte, h Heap, group *spead.ItemGroup) ([]byte, error) {
	dst = appendUint(dst, `{"cnt":`, uint64(h.Cnt()))
	dst = appendInt(dst, `,"flavour":[`, spead.Version)
	dst = appendInt(dst, `,`, spead.PointerBits)
	dst = appendInt(dst, `,`, int64(h.Flavour().HeapAddressBits()))
	dst = appendBool(dst, `],"is_start":`, h.IsStart())
	dst = appendBool(dst, `,"is_end":`, h.IsStop())
	dst = appendBool(dst, `,"complete":`, h.Complete())
	var err error
	e.items = append(e.items[:0], '[')
	if h.Complete() {
		dst = appendDescriptors(dst, h)
		err = e.update(h, group)
	} else {
		dst = e.appendIncomplete(dst, h)
	}
	if err != nil {
		dst = append(dst, `,"error":true`...)
		e.items = append(e.items[:0], '[')
	}
	dst = append(append(append(dst, `,"items":`...), e.items...), ']')
	return append(appendRawItems(dst, h), '}'), err
}

// appendIncomplete appends what only incomplete heaps have, and the descriptors that they lack.
func (e *Encoder) appendIncomplete(dst []byte, h Heap) []byte {
	dst = appendInt(dst, `,"heap_length":`, h.Length())
	dst = appendInt(dst, `,"received_length":`, h.Received())
	dst = append(dst, `,"payload_ranges":[`...)
	if e.PayloadRanges {
		for start, end := range h.Ranges() {
			dst = appendInt(appendComma(dst), `[`, start)
			dst = append(appendInt(dst, `,`, end), ']')
		}
	}
	return append(dst, `],"descriptors":[]`...)
}

// appendRawItems appends the heap's items as they were sent. Padding, the items that assemble the
// heap, descriptors and items of no bytes are left out, as the vectors leave them out.
func appendRawItems(dst []byte, h Heap) []byte {
	dst = append(dst, `,"raw_items":[`...)
	for raw := range h.Items() {
		if raw.ID <= spead.DescriptorID || !raw.Immediate && len(raw.Value) == 0 {
			continue
		}
		dst = appendUint(appendComma(dst), `{"id":`, uint64(raw.ID))
		dst = appendBool(dst, `,"immediate":`, raw.Immediate)
		switch {
		case raw.Immediate:
			dst = appendUint(dst, `,"value":`, raw.Number)
		case len(raw.Value) <= hexMost:
			dst = appendInt(dst, `,"len":`, int64(len(raw.Value)))
			dst = appendHex(append(dst, `,"hex":`...), raw.Value)
		default:
			dst = appendInt(dst, `,"len":`, int64(len(raw.Value)))
			dst = appendHash(dst, raw.Value)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// appendHash appends the key sha256 and the hash of b.
func appendHash(dst, b []byte) []byte {
	sum := sha256.Sum256(b)
	return appendHex(append(dst, `,"sha256":`...), sum[:])
}

// appendShape appends a list of dimensions; null stands for the variable one.
func appendShape(dst []byte, shape spead.Shape) []byte {
	dst = append(dst, '[')
	for _, dimension := range shape {
		dst = appendComma(dst)
		if dimension == spead.Variable {
			dst = append(dst, "null"...)
			continue
		}
		dst = strconv.AppendInt(dst, dimension, 10)
	}
	return append(dst, ']')
}
