// SPDX-License-Identifier: Apache-2.0

// Package recv turns datagrams into heaps.
//
// A Stream takes packets from sources (UDP sockets, captures, memory, queues in the process),
// assembles heaps, and hands them to the consumer through a bounded queue:
//
//	stream, err := recv.NewStream(recv.Config{})
//	// ...
//	err = stream.AddUDP(recv.UDPConfig{Address: netip.MustParseAddrPort("239.1.2.3:7148")})
//	// ...
//	err = stream.Start()
//	// ...
//	for h := range stream.Heaps(ctx) {
//		changed, err := group.Update(h)
//		// ...
//		h.Release()
//	}
//
// # The walk: from the wire to a heap
//
//	1  internal/udp/batch_linux.go     one system call, many datagrams
//	2  recv/reader.go                  the loop: each datagram of a batch
//	3  internal/wire/packet.go         decode: a view of the packet, or a refusal
//	4  internal/assembler/assembler.go find or start the heap, evict
//	5  internal/assembler/live_heap.go accept once, copy the payload to its place (allocator.go)
//	6  recv/heap_queue.go              bounded hand-over
//	7  recv/stream.go                  Next and Heaps
//
// Each source is read by a goroutine of its own; a lock taken once per batch lets them feed one
// assembler. Figures are published once per batch (accounts.go, ledger.go).
//
// # Promises
//
// Nothing is dropped without a number: every packet that reaches the stream is accepted or counted
// under its spead.Refusal, and every payload byte accepted is delivered, in flight or counted under
// its Discard. Whatever arrives, the stream goes on: bad packets cost a counter. What a packet claims
// costs nothing: memory is taken as payload arrives, within Config.MaxMemory. A received heap belongs
// to the consumer until Release.
//
// When the consumer is slow the queue fills and the stream stops reading; sockets then overflow,
// which the kernel counts and Stats.KernelDrops shows.
package recv
