// SPDX-License-Identifier: Apache-2.0

// Package feed gives an inspect.Inspector what it looks at: the datagrams of capture files
// (capture.go), or of sockets and connections (live.go) while they come.
//
//	udp.go    one goroutine a socket ─┐
//	                                  ├─> queue.go: bounded in bytes ─> the Inspector, in Live.Run
//	tcp.go    one a connection       ─┘
//
// Readers do nothing but copy, so that sockets are read as fast as possible and what is lost in them is
// lost for want of a buffer, not because somebody looks at an item. When the queue is full, datagrams
// are left out and counted; connections wait, since their senders do, too.
package feed
