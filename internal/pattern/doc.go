// SPDX-License-Identifier: Apache-2.0

// Package pattern makes the test data that senders fill heaps with and receivers know by heart.
//
// It is the sequence that spead2's tools use: the minimal-standard linear congruential generator,
//
//	x[p] = 48271^(p+1) mod (2^31 - 1)        p = 0, 1, 2, ...
//
// each value as a big-endian 32-bit word. The sequence goes on over items and heaps: item i of n, of
// the heap with cnt c, with e values in each item, begins at position ((c-1)*n + i)*e. Because any
// position can be computed without those before it, a receiver can check any heap by its cnt alone,
// whatever heaps were lost.
//
// Computed one after the other, values would wait for a multiplication each. Eight independent lanes
// are computed side by side instead, each eight positions further per step.
package pattern
