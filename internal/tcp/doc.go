// SPDX-License-Identifier: Apache-2.0

// Package tcp writes pieces of memory to a connection, many with each system call (writev).
//
// Package net can do that too (net.Buffers). But on Linux it tells the scheduler of each call, which
// then takes the processor away after 20 µs, and waits for a full socket in the network poller, from
// which it comes back late. Here calls are short, raw and don't block, and the first millisecond of a
// wait is spent in the kernel; a longer one is the poller's, so that deadlines and Close end it. To
// spead2's receiver over loopback that is worth half as much throughput again.
package tcp
