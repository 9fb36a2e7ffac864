// SPDX-License-Identifier: Apache-2.0

// Package packetizer cuts heaps into packets: a pure cursor, without goroutines, clocks or sockets.
// It copies no payload: a packet is a header written into the caller's memory and slices of the
// items' values. The packets are byte for byte those of spead2's sender.
//
// A heap's payload is the values of its addressed items, back to back in the order of the items.
// Its item pointers and its payload are dealt out to packets from both ends of this:
//
//	items        a   b   c   d   e   f   (NULL)      payload  aaaaaaaaaaaaccccccdd0
//
//	packet 1   | header | specials | a b c d         | aaaaaaaa     |   as many pointers as fit
//	packet 2   | header | specials | e f (NULL)      | aaaaccccccdd |   what is left of them
//	packet 3   | header | specials |                 | dddddd...    |   payload only
//
// The rules, with P the largest packet size rounded down to a multiple of 8, and M the number of
// pointers that fit into P beside the header, the four special pointers and 8 bytes of payload:
//
//   - A packet carries the next M pointers, or those that are left, and fills the rest of P with
//     payload. With repeated pointers it carries those of all items, which have to be fewer than M.
//   - Each packet has payload, so that packets of one heap can be told apart by their offsets, and all
//     but the last a multiple of 8 bytes. If a heap has too little for the packets that its pointers
//     need, zeros follow the real payload, and an addressed NULL pointer follows the items to mark
//     where they begin. A heap without any payload so gets one byte.
//   - HEAP_LENGTH counts these zeros.
//
// Equal packets (Cut.Equal) are for segmentation offload, which takes runs of datagrams of one size. A
// heap of n packets, of at most four messages of offload, that has all its pointers in the first and
// a payload of a multiple of 8 bytes gets the packet size
//
//	P = (n × (header and specials) + other pointers + payload) / n, rounded up to a multiple of 8
//
// and, for what the rounding adds, up to n-1 NULL immediates after its pointers. With repeated
// pointers there are none: the payload has to divide.
//
// There is one deviation from spead2 4.4: where real payload and zeros share a packet, spead2 sends
// the zeros first, so that receivers get the real payload shifted. Here the zeros come last, where
// the pointers say they are. That takes at least as many items as fill a packet with their pointers,
// and hardly any payload. And what doesn't fit its field on the wire is refused here; spead2 lets it
// run into the neighbouring field.
package packetizer
