// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"fmt"
	"testing"
	"unsafe"
)

func TestMemoryIsZeroAndHasTheSizeAskedFor(t *testing.T) {
	for _, size := range []int{0, 1, 4096, hugePage - 1, hugePage, hugePage + 1, 3*hugePage + 5} {
		for _, o := range []Options{{}, {Huge: true}, {Present: true}, {Huge: true, Present: true}} {
			t.Run(fmt.Sprintf("%d/%+v", size, o), func(t *testing.T) {
				b := Alloc(size, o)
				if len(b) != size || cap(b) < size {
					t.Fatalf("%d bytes, room for %d", len(b), cap(b))
				}
				for i, v := range b {
					if v != 0 {
						t.Fatalf("byte %d is %d", i, v)
					}
				}
				if o.Huge && size >= hugePage && uintptr(unsafe.Pointer(&b[0]))%hugePage != 0 {
					t.Error("a piece for huge pages doesn't begin with one")
				}
			})
		}
	}
}
