// SPDX-License-Identifier: Apache-2.0

// Package compare finds out whether two captures, or two live streams, hold the same heaps, and where
// they differ.
//
//	capture or sockets ──► datagrams ──► heaps ──┐
//	                     source.go    side.go    ├──► match by stream and cnt ──► compare
//	capture or sockets ──► datagrams ──► heaps ──┘          window.go              heap.go
//
// A stream is what goes to one destination. Which destinations of the two sides belong together is
// settled first (streams.go): those that are equal, and the others in the order of their addresses, so
// that a replay to somewhere else is compared as well.
//
// Heaps are compared by their items, so that it doesn't matter how they are divided into packets; that
// they are divided differently is noted. A heap that has come on one side waits for the other's until
// too many, or too many bytes, wait: then it is missing on the other side. Of two files, the one that is
// behind is read.
package compare
