// SPDX-License-Identifier: Apache-2.0

package bench

// fillBytes sets all bytes to v, as C's memset does: the processor's own instruction for it needn't
// read what it overwrites. The seed's producer in C++ has that too, and what is to be compared is the
// sending.
//
//go:noescape
func fillBytes(b []byte, v byte)
