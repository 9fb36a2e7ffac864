// SPDX-License-Identifier: Apache-2.0

// Package cnts keeps track of heap cnts: which of a sequence were seen, and what is missing
// (sequence.go); which came not long ago (recent.go). It is nothing but numbers.
package cnts
