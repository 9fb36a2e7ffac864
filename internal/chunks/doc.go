// SPDX-License-Identifier: Apache-2.0

// Package chunks is what of filling chunks is nothing but numbers: which chunks are under
// construction (window.go), and what a packet says that its place depends on (items.go). It has no
// lock, clock, goroutine or memory of chunks, and calls nobody.
package chunks
