// SPDX-License-Identifier: Apache-2.0

// Package tap reads datagrams from any number of UDP sockets with what a capture wants to know of
// them: when they arrived by the kernel's clock, and where they came from and went to.
//
// On Linux one goroutine reads all sockets, many messages with each system call, into the same
// memory. Datagrams that the kernel joined (UDP_GRO) have the time of the first of them. Elsewhere each
// socket has a goroutine that reads datagrams one by one and looks at the clock itself.
package tap
