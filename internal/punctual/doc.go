// SPDX-License-Identifier: Apache-2.0

// Package punctual waits for points in time to within microseconds: long waits by a timer, what is left
// by sleeping in the kernel, and the last of it by looking at the clock, since either wakes up late.
//
// It is how package send waits at a rate; what it adds is that Thread has the kernel wake this thread
// as precisely as it can.
package punctual
