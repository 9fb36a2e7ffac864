// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
)

// hostIsBig says whether this machine is big-endian.
func hostIsBig() bool { return binary.NativeEndian.Uint16([]byte{0, 1}) == 1 }

// strides says how many elements apart in an item's bytes the neighbors along each dimension are.
func strides(shape Shape, fortran bool) []int64 {
	apart := make([]int64, len(shape))
	step := int64(1)
	for i := range shape {
		dimension := len(shape) - 1 - i
		if fortran {
			dimension = i
		}
		apart[dimension] = step
		step *= shape[dimension]
	}
	return apart
}

// stored gives, for the elements in logical order (the last index changing fastest), where each
// stands among the item's bytes.
func stored(shape Shape, fortran bool) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		count := shape.Elements()
		if !fortran || len(shape) < 2 {
			for i := range count {
				if !yield(i) {
					return
				}
			}
			return
		}
		apart, index, at := strides(shape, true), make([]int64, len(shape)), int64(0)
		for range count {
			if !yield(at) {
				return
			}
			at += advance(shape, apart, index)
		}
	}
}

// advance moves index to the next element in logical order, and returns by how much that moves the
// element's place.
func advance(shape Shape, apart, index []int64) (by int64) {
	for i := len(shape) - 1; i >= 0; i-- {
		index[i]++
		by += apart[i]
		if index[i] < shape[i] {
			return by
		}
		by -= apart[i] * shape[i]
		index[i] = 0
	}
	return by
}

// reverseParts reverses the bytes within each part of b. Preconditions: whole parts.
func reverseParts(b []byte, part int64) {
	switch part {
	case 1:
	case 2:
		for ; len(b) >= 2; b = b[2:] {
			b[0], b[1] = b[1], b[0]
		}
	case 4:
		for ; len(b) >= 4; b = b[4:] {
			binary.NativeEndian.PutUint32(b, bits.ReverseBytes32(binary.NativeEndian.Uint32(b)))
		}
	case 8:
		for ; len(b) >= 8; b = b[8:] {
			binary.NativeEndian.PutUint64(b, bits.ReverseBytes64(binary.NativeEndian.Uint64(b)))
		}
	default:
		for chunk := range slices.Chunk(b, int(part)) {
			slices.Reverse(chunk)
		}
	}
}

// reorderBytes turns the elements in b, which are of the dtype, to one byte order. Preconditions:
// whole elements.
func (t *DType) reorderBytes(b []byte, big bool) {
	if t.kind != KindStruct {
		if part := t.partSize(); part > 1 && t.big != big {
			reverseParts(b, part)
		}
		return
	}
	for len(b) > 0 {
		for i := range t.fields {
			size := t.fields[i].size()
			t.fields[i].DType.reorderBytes(b[:size], big)
			b = b[size:]
		}
	}
}
