// SPDX-License-Identifier: Apache-2.0

// Package simnet is a network for tests: it loses, repeats, reorders, truncates and
// corrupts packets, the same way each
// time for the same seed. It has no clock and no goroutine; it maps a list of packets to the list
// that arrives.
package simnet
