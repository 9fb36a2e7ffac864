// SPDX-License-Identifier: Apache-2.0

// Package dump prints the heaps of streams, as text or as lines of JSON, and verifies that they are what
// a sender of test data sent (internal/pattern): that contents are right, and no heap is missing.
//
// Each stream has a consumer of its own; what they print goes through one Printer, heap by heap. Before
// a consumer waits, what has been printed is made visible.
package dump
