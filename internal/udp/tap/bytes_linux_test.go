// SPDX-License-Identifier: Apache-2.0

package tap

import "unsafe"

func bytesOf(a *ancillary) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(a)), unsafe.Sizeof(*a))
}
