// SPDX-License-Identifier: Apache-2.0

//go:build !amd64

package bench

import "encoding/binary"

// fillBytes sets all bytes to v: a few by hand, and then copies of what is in the cache.
func fillBytes(b []byte, v byte) {
	const block = 4096
	words := uint64(v) * 0x0101010101010101
	n := 0
	for ; n < 64 && len(b)-n >= 8; n += 8 {
		binary.NativeEndian.PutUint64(b[n:], words)
	}
	for ; n < 64 && n < len(b); n++ {
		b[n] = v
	}
	for n < len(b) && n < block {
		n += copy(b[n:], b[:n])
	}
	for n < len(b) {
		n += copy(b[n:], b[:block])
	}
}
