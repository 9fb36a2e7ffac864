// SPDX-License-Identifier: Apache-2.0

// Package sink is a destination for measuring senders: a loopback socket that takes nothing, so that
// what is measured is the way down to it alone. On Linux a filter of one instruction drops every
// message in the kernel, unqueued and, since the socket can do receive offload, unsegmented: a socket
// without that would have the kernel split messages in software first, which no network card makes it
// do. It needs no privilege.
package sink
