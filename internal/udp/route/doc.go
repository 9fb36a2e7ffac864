// SPDX-License-Identifier: Apache-2.0

// Package route asks the kernel about the way to a destination: the largest datagram that reaches it
// in one piece, and the queueing discipline where it leaves.
//
// The questions are put to a socket that exists for them alone. It is connected to the destination,
// which sends nothing but has the kernel choose a route, and with it the path MTU that ICMP has
// taught it. The sockets that carry data stay unconnected, and their error queues (IP_RECVERR) stay
// off: errors queued there are reported by a later send, which has nothing to do with them.
package route
