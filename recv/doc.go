// SPDX-License-Identifier: Apache-2.0

// Package recv turns datagrams into heaps, or puts heaps into chunks.
//
// A Stream takes packets from sources (UDP sockets, TCP connections, captures, readers, memory, queues
// in the process),
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
//	5  internal/assembler/live_heap.go accept once, copy the payload to its place (allocator.go, internal/mem/pool.go)
//	6  recv/accounts.go                count it; deliver, queue (internal/ring/queue.go) or discard
//	7  recv/consume.go                 Next, TryNext and Heaps
//
// # The walk: from the wire to a chunk
//
// A ChunkStream is the same loop; from step 5 on it goes
//
//	5  recv/chunk_placer.go            ask the user's Placement, move the window (internal/chunks/window.go)
//	   internal/assembler/live_heap.go copy the payload into the chunk
//	6  recv/chunk_pool.go              finished chunks, and those to be filled next
//	7  recv/chunk_stream.go            Next, TryNext, Chunks and Recycle
//
// If there is no chunk to be filled, the loop stops before the packet that needs one, and takes it when
// a chunk was recycled. Several streams fill the same chunks in a ChunkGroup (chunk_group.go): they
// meet once per chunk.
//
// # Who runs the loop
//
// Whoever holds the stream's baton, one at a time. A consumer in Next takes it and reads the sources
// itself until there is a heap; nothing is handed from one goroutine to another, and the heap is still
// in the processor's cache. While consumers are away for longer than some milliseconds, the stream's
// own goroutine (keeper.go) reads, so that sockets are drained, and gives the baton back as soon as
// somebody asks for it. With Config.OnHeap it reads all the time. Sources that can't be read without
// waiting (those that aren't a Poller) have a goroutine each, which takes the baton for each batch.
//
//	           consumer in Next            own goroutine
//	 heap  ◄── has the baton, reads        looks every 4 ms
//	  │             │ nothing to read          │ consumers away
//	  ▼             ▼                          ▼
//	away       naps while datagrams       has the baton, reads,
//	           come fast, else waits      until the queue is full,
//	           for a source's guard       or a consumer asks
//
// While datagrams come fast, who finds none sleeps for 0.2 to 0.8 ms rather than to be woken by the
// next: that is the latency that a heap may have then. Only sockets with large receive buffers (32 MiB)
// are slept over; see UDPConfig.BufferSize.
//
// # Promises
//
// Nothing is dropped without a number: every packet that reaches the stream is accepted or counted
// under its spead.Refusal, and every payload byte accepted is delivered, in flight or counted under
// its Discard: Stats.Check, and Config.CheckAccounts for the suspicious. Whatever arrives, the stream
// goes on: bad packets cost a counter. What a packet claims costs nothing: memory is taken as payload
// arrives, within Config.MaxMemory. A received heap belongs to the consumer until Release.
//
// When the consumer is slow the queue fills, and Config.WhenFull says what is lost: by default the
// stream stops reading, and sockets overflow, which the kernel counts and Stats.KernelDrops shows.
package recv
