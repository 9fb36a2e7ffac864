// SPDX-License-Identifier: Apache-2.0

// Package punctual waits for points in time to within microseconds: long waits by a timer, what is left
// by sleeping in the kernel, and the last of it by looking at the clock, since either wakes up late.
//
// Packages send, at a rate, and capture, when it replays, wait so. Thread has the kernel wake a thread as
// precisely as it can.
package punctual
