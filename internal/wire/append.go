// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/binary"
	"slices"

	"github.com/gospead/spead"
)

const (
	// SpecialCount is the number of item pointers that every packet of ours starts with: HEAP_CNT,
	// HEAP_LENGTH, PAYLOAD_OFFSET and PAYLOAD_LENGTH.
	SpecialCount = 4
	// PrefixSize is the size in bytes of a header and those pointers.
	PrefixSize = HeaderSize + SpecialCount*PointerSize
	// MaxPointers is the largest number of item pointers that a packet can hold.
	MaxPointers = 1<<16 - 1
)

// AppendHeader appends a packet's header. Preconditions: pointerCount, which includes the special
// pointers, is not above MaxPointers.
func AppendHeader(dst []byte, f spead.Flavour, pointerCount int) []byte {
	addressBytes := uint64(f.HeapAddressBytes())
	return binary.BigEndian.AppendUint64(dst,
		magicVersion<<48|(PointerSize-addressBytes)<<40|addressBytes<<32|uint64(pointerCount))
}

// AppendPointer appends one item pointer.
func AppendPointer(dst []byte, p Pointer) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(p))
}

// Specials are the values of a packet's special pointers; lengths and the offset are in bytes.
type Specials struct {
	Cnt                                      spead.HeapCnt
	HeapLength, PayloadOffset, PayloadLength int64
}

// AppendSpecials appends the special pointers in the order in which spead2 sends them.
// Preconditions: the values fit the flavour.
func AppendSpecials(dst []byte, f spead.Flavour, s Specials) []byte {
	const size = SpecialCount * PointerSize
	bits := f.HeapAddressBits()
	dst = slices.Grow(dst, size)
	b := (*[size]byte)(dst[len(dst) : len(dst)+size])
	binary.BigEndian.PutUint64(b[0:], uint64(ImmediatePointer(bits, spead.HeapCntID, uint64(s.Cnt))))
	binary.BigEndian.PutUint64(b[8:], uint64(ImmediatePointer(bits, spead.HeapLengthID, uint64(s.HeapLength))))
	binary.BigEndian.PutUint64(b[16:], uint64(ImmediatePointer(bits, spead.PayloadOffsetID, uint64(s.PayloadOffset))))
	binary.BigEndian.PutUint64(b[24:], uint64(ImmediatePointer(bits, spead.PayloadLengthID, uint64(s.PayloadLength))))
	return dst[:len(dst)+size]
}
