// SPDX-License-Identifier: Apache-2.0

// Package placement says where heaps go in chunks by description instead of by code.
//
// A Spec names the items of a heap that tell its place. Each is an Index: a number made of the item's
// value by mask, shift, first, modulo and step, or by a list of values. One index, usually time, is
// endless: Count of its numbers fill a chunk, then the next begins. Together the indices are the
// axes of an array of heaps, the first varying slowest:
//
//	place = (number of index 0 * Count of index 1 + number of index 1) * Count of index 2 + ...
//
// The place is where the heap's presence, its payload, and its side values go. A heap of another
// length, or with a number that an index hasn't room for, is rejected.
//
//	spec, err := placement.Parse(text) // or a Spec in Go
//	// ...
//	plan, err := spec.Compile()
//	// ...
//	cfg := recv.ChunkConfig{Chunks: plan.NewChunks(8)}
//	plan.Configure(&cfg)
//
// A Plan is as fast as a placement written by hand: divisions become multiplications, lists tables.
//
// The files: spec.go is the description, parse.go its JSON, compile.go checks it and makes a Plan of
// it, plan.go is what happens per heap, divide.go the arithmetic. examples holds descriptions of
// streams that telescopes send.
package placement
