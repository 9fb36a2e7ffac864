// SPDX-License-Identifier: Apache-2.0

// Package bench measures senders as the tutorial of spead2 does on its page "Batching heaps", which
// is where this library began: many heaps, each a timestamp and an array of samples set to the heap's
// index, in batches of about 512 KiB, two of which are in turn filled and sent. Heaps and batches are
// made once.
//
// A run sends into a sink (internal/udp/sink), to an endpoint, or to a receiver in this process that
// compares every sample. What left is checked against what the heaps have to make on the wire. Runs of
// another program can be measured in turn with ours; figures are medians.
//
// Pace measures something else: how well a rate is kept to, by when packets arrive at a socket
// (internal/udp/arrivals). Memory measures receiving without a network: packets made once are decoded
// and assembled again and again.
package bench
