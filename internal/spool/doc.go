// SPDX-License-Identifier: Apache-2.0

// Package spool gets records from one goroutine, which must not wait, into files, which take their
// time: records are appended to blocks of memory, and full blocks are written by a goroutine of their
// own.
//
//	Room, Keep      Flush            the writer's goroutine
//	records ──────► current block ──► queue ──────────────────► file   (back to the pool)
//	                     │              ▲
//	                     └──► ring ─────┘  Save
//	                       the oldest is overwritten
//
// The memory is bounded: where none is left because the files are behind, Room has none, and the
// caller counts what it can't keep. With Config.Ring, blocks stay in memory until they are overwritten
// or Save has them written.
//
// What the records are is the caller's business, which also says with what a file begins (Begin) and
// ends (End). The files: spool.go is the caller's side, pool.go the memory, sink.go the writer's
// goroutine, target.go what it writes to, direct_linux.go past the page cache, names.go which file is
// next and which is given up.
package spool
