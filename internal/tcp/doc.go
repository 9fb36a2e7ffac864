// SPDX-License-Identifier: Apache-2.0

// Package tcp writes pieces of memory to a connection, many with each system call (writev).
//
// Package net can do that too (net.Buffers). But on Linux it tells the scheduler of each call, which
// may take the processor away after 20 µs, waits for a full socket in the network poller only, and
// counts nothing. Here calls are short, raw and don't block, and the first millisecond of a wait is
// spent in the kernel; a longer one is the poller's, so that deadlines and Close end it.
package tcp
