// SPDX-License-Identifier: Apache-2.0

package spead

import "unsafe"

// bytesOfValues gives the memory of v.
func bytesOfValues[T Number](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v))*unsafe.Sizeof(*new(T)))
}

// valuesOfBytes gives b as values of T, in b's memory. ok is false if b is not aligned for that.
// Preconditions: b is a whole number of values, and all its bit patterns are values of T: not bool.
func valuesOfBytes[T Number](b []byte) (v []T, ok bool) {
	start := unsafe.Pointer(unsafe.SliceData(b))
	if uintptr(start)%unsafe.Alignof(*new(T)) != 0 {
		return nil, false
	}
	return unsafe.Slice((*T)(start), uintptr(len(b))/unsafe.Sizeof(*new(T))), true
}
