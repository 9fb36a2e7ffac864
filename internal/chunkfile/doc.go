// SPDX-License-Identifier: Apache-2.0

// Package chunkfile writes the data of chunks where they can be looked at: to one file or named pipe
// (writer.go), or to a file for each chunk.
//
// What goes wrong there is an error and leaves nothing that looks whole: a file of a chunk has its name
// only when all of the chunk is in it. A pipe that nobody reads holds up whoever writes, but not
// beyond the end of a context.
package chunkfile
