// SPDX-License-Identifier: Apache-2.0

// Package tcp moves bytes through connections the way that streams of packets want it: a Gatherer
// writes pieces of memory, many with each system call (writev), and a connection can be read without
// waiting, so that whoever needs what it brings can read it himself; where that can't be had, Pollable
// says so.
//
// Package net can gather too (net.Buffers). But on Linux it tells the scheduler of each call, which
// may take the processor away after 20 µs, waits for a full socket in the network poller only, and
// counts nothing. Here calls are short, raw and don't block, and the first millisecond of a wait is
// spent in the kernel; a longer one is the poller's, so that deadlines and Close end it.
package tcp
