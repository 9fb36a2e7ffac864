// SPDX-License-Identifier: Apache-2.0

// Package frames takes the frames of UDP datagrams from a network device by way of memory that is
// shared with the kernel (AF_PACKET with TPACKET_V3): no system call and no copy for each datagram. Linux
// only, with the privilege CAP_NET_RAW.
//
// The kernel fills block after block of the ring, and hands over a block when it is full or some time
// has passed; Read lends its frames, and gives it back the next time. A filter in the kernel passes what
// goes to the endpoints wanted. Frames that the kernel has joined, or not split yet, come as one, with
// the size to split them at.
package frames
