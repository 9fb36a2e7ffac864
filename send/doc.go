// SPDX-License-Identifier: Apache-2.0

// Package send turns heaps into datagrams.
//
// A Heap is a list of items; it refers to their memory and copies nothing. A Stream sends heaps over
// one transport: NewUDP, NewInproc or NewWriter make one. Stream.Send sends a heap and waits for it.
// Stream.SendBatch queues a group of heaps and returns; the Batch is also the memory for the
// results, one per heap, and can be sent any number of times:
//
//	batches := make([]send.Batch, 2)
//	for i := 0; running(); i++ {
//		b := &batches[i%2]
//		if err := b.Wait(ctx); err != nil { // returns at once the first time
//			return err
//		}
//		b.Heaps = prepare(b.Heaps[:0])
//		if err := stream.SendBatch(ctx, b); err != nil {
//			return err
//		}
//	}
//
// A Generator makes heaps of an item group: descriptors and values that changed.
//
// # The walk: from a heap to the wire
//
//	1  heap.go                       collects items without copying; keeps the plan of its packets
//	2  stream.go                     checks everything, gives the heap cnt
//	3  queue.go                      bounded FIFO; waits or refuses
//	4  handover.go                   who sends: the caller at once, or the stream's own goroutine
//	5  sender.go                     the loop; asks pacer.go when the next burst may leave
//	6  packets.go                    whose packet is next: heap after heap, in turn, or shared by two
//	7  internal/packetizer           the next datagram: header and slices of the user's memory
//	8  internal/udp/batch_send_linux.go   many datagrams, one system call
//	9  account.go, batch.go          results per heap, wakes Wait
//
// Each step calls the next and none calls back. One goroutine at a time runs the loop: whoever holds
// the baton owns its state.
//
// # Promises
//
// Nothing that was accepted is dropped in silence: every heap has a Result. A full queue makes the
// caller wait, or TrySendBatch answer ErrQueueFull. Heaps of one stream leave in the order in which
// they were accepted, whoever sends them, those of one batch in the batch's Order. Many goroutines may
// send on one stream: what each queues keeps its order, and those that wait for room get it in the
// order in which they came. What a heap refers to belongs to the stream until its result is there. In
// the steady state nothing is allocated.
//
// SendBatch may send a small batch itself before it returns, as long as there is nothing to wait for:
// that is faster than waking somebody. Nothing spins; a stream with nothing to do costs nothing.
//
// A datagram that fails fails its heap, not the stream: later heaps are sent as if nothing had been.
package send
