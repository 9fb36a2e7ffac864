// SPDX-License-Identifier: Apache-2.0

// Package arrivals notes when packets arrive at a loopback socket, by the kernel's clock, and how
// large they are: it measures how evenly a sender sends, from outside. Linux only.
//
// Timestamps are taken when a packet enters the network stack, so that it doesn't matter how late
// this process gets to read it. Packets that were handed to the kernel as one message, to be split by
// it, arrive as one and count as one arrival; their bytes are not copied.
package arrivals
