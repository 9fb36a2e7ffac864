// SPDX-License-Identifier: Apache-2.0

// Package udp moves batches of datagrams through UDP sockets: a Sender takes wire.Datagrams and
// gathers them from the user's memory, a Receiver lends the datagrams that have arrived. It knows
// nothing of heaps or streams.
//
// On Linux one system call moves many messages (sendmmsg, batch_send_linux.go; recvmmsg,
// batch_linux.go), and one message may hold many datagrams: the kernel or the network card splits it
// on the way out (UDP_SEGMENT, gso_linux.go) and puts it together on the way in (UDP_GRO,
// gro_linux.go).
//
//	datagrams   a0 a1 a2 a3'   b0 b1   c0      a, b, c: one destination and one size each,
//	               \  |  /       |     |       but a3' is shorter
//	messages     a0 a1 a2 a3'  b0 b1   c0      UDP_SEGMENT = size of a0, b0; none for c0
//	                   \         |    /
//	system call          one sendmmsg
//
// Everywhere else datagrams move one by one through package net (single.go), with the same results.
// The portable way is compiled, and tested, on Linux too.
//
// Segmentation offload may turn out not to work when the first message is sent: a device that
// can't compute checksums, a path with a smaller MTU. As in spead2, a socket's offload is in one of
// four states:
//
//	            message with several datagrams left
//	inactive ─────────────────────────────────────────► active
//	  ▲   │                                                │
//	  │   └────────── such a message failed: ──────────────┤
//	  │               EIO, EINVAL or EMSGSIZE              ▼
//	  └──── a single one of its datagrams failed too ── probing
//	        (the error is reported)                        │ it left
//	                                                       ▼
//	                                                    disabled, for the life of the socket
//
// Waiting is the runtime's network poller's: sockets don't block, Close wakes whoever waits. The
// functions handed to the poller are bound once, so that moving datagrams allocates nothing.
package udp
