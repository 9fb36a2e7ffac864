// SPDX-License-Identifier: Apache-2.0

// Package mem allocates large pieces of memory that are used for as long as a program runs (alloc.go):
// on huge pages, and with all pages present, where that was asked for and the system can do it. A pool
// keeps those that are not in use (pool.go).
//
// The memory is Go's own, of which the kernel is told how it is used. So it needs no release: what
// nobody refers to any more is collected, and a consumer that forgets to give memory back can't leak a
// mapping.
package mem
