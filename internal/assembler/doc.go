// SPDX-License-Identifier: Apache-2.0

// Package assembler makes heaps of packets. It is a pure table of heaps in progress: it has no
// goroutine, lock, socket, clock or log, and calls nobody but the Placer that gives it memory. What
// it does to a sequence of packets is what spead2 does, down to which heap is evicted when.
//
// The caller decodes a packet and adds it; the answer says whether it was accepted, or why not. A
// packet that is refused changes nothing. Finished heaps queue up until they are taken with Next.
//
//	                     refused: RefusedStopped, RefusedUnsized, RefusedNoHeap
//	                        ^
//	            no heap     |             refused: every other reason of the stream
//	Add ----------------> start ---+         ^
//	  |  has this cnt              v         |
//	  +------------------------> take -------+
//	   a heap in progress has it   | accepted, and the heap is now
//	                               |
//	       +-----------------------+---------------------+------------------------+
//	       | not whole             | whole               | whole, with stop item  |
//	       v                       v                     v                        |
//	  in progress              Completed             StopItem                     |
//	       |                       |                     |                        |
//	       +-- slot is needed -> Evicted --+             |    stop item: Stopped <+
//	       |                       |       |             |
//	       +-- Flush ----------> Flushed --+-- Next -----+--> the caller's, until Recycle
//
// # Which heap
//
// A packet that holds all of a heap never joins a heap in progress; any other joins the youngest one
// of its cnt. Each new heap, whole or not, takes the next slot of its substream (cnt modulo the
// number of substreams) in rotation, and evicts the heap that is there. Slots of finished heaps
// stay empty until their turn comes. So a heap may be in progress while as many others begin in its
// substream as that has slots.
//
// # What fits
//
// In order, which is the default, payload must come exactly where what was received ends, and a heap
// begins with its first packet or not at all. Out of order, a heap keeps the ranges that it has
// received: sorted, disjoint, touching ones merged. A packet is taken whole or not at all, so it must
// not overlap them; or, with Config.MergeOverlaps, what is new of it is. Empty payloads make empty
// ranges, which are in the way of others like any, unless overlaps are merged.
//
// A heap is complete if the received bytes are all that its packets speak of: up to HEAP_LENGTH, the
// end of any payload, and the address of any item. Only with HEAP_LENGTH known is that final.
//
// # Memory
//
// A heap length of 2^39 in a packet costs nothing: the Placer is asked for as much as the payload
// that has really come needs, and decides how much more it gives. What a heap keeps besides is
// bounded by Config: item pointers by MaxItems, ranges by MaxRanges.
//
// The files: assembler.go is the table's state machine, table.go finds heaps and slots, live_heap.go
// accepts a packet into a heap (ranges.go: has this been received?, pointers.go: has this been said?,
// placer.go: where does it go?), heap.go is what the consumer sees of a finished heap, with its items
// (items.go) and descriptors (descriptor.go).
package assembler
