// SPDX-License-Identifier: Apache-2.0

package mem

import "unsafe"

const (
	// hugePage is the size of a huge page in bytes on most systems that have them.
	hugePage = 2 << 20
	// pageStride is the distance in bytes of writes that touch every page: the smallest page there is.
	pageStride = 4096
)

// Options says what memory shall be like. The zero value asks for nothing special.
type Options struct {
	// Huge asks for huge pages; they are used for pieces of at least that size.
	Huge bool
	// Present asks for all pages to be there before the memory is used, so that using it the first time
	// costs no page faults.
	Present bool
}

// Alloc returns size bytes that are zero.
func Alloc(size int, o Options) []byte {
	if !o.Huge || size < hugePage {
		b := make([]byte, size)
		if o.Present {
			present(b)
		}
		return b
	}
	b := make([]byte, size+hugePage)
	skip := int(-uintptr(unsafe.Pointer(&b[0])) % hugePage)
	b = b[skip : skip+size : skip+size]
	adviseHuge(b[:size/hugePage*hugePage])
	if o.Present {
		present(b)
	}
	return b
}

// touch writes to each page of b, which stays zero.
func touch(b []byte) {
	for i := 0; i < len(b); i += pageStride {
		b[i] = 0
	}
}
