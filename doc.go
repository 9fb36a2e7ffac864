// SPDX-License-Identifier: Apache-2.0

// Package spead is the vocabulary of SPEAD, the Streaming Protocol for Exchanging Astronomical Data,
// that senders and receivers share: item ids and flavours, descriptors, items and item groups.
// Package send moves them into datagrams, package recv out of them.
//
// # The idea
//
// SPEAD moves heaps. A heap is a set of items, numbered and typed, cut into packets that fit
// datagrams. What an item's bytes mean is said by its Descriptor, which is an item too and travels
// in the stream, mostly at its start; a receiver that missed it can't read the item until it comes
// again. An ItemGroup holds what is known so far, on either side:
//
//	sender:    Add, SetValues  ->  ItemGroup  ->  send.Generator  ->  heaps  ->  packets
//	receiver:  packets  ->  heaps  ->  ItemGroup.Update  ->  Item  ->  Values
//
// A descriptor gives a shape, of which one dimension may be variable, and the type of an element in
// one of two ways:
//
//	Format   fields of any number of bits, such as u12 or b1,i7,c8,f32: big-endian, bit by bit
//	DType    a numpy type, such as <f4 or a structure, in either byte order, in C or Fortran order
//
// An Item keeps its value as the bytes that travel. Values gives them as a Go slice, in place where
// that can be; Value, Text, Strings and BigInts give what isn't plain numbers, and SetValues,
// SetValue, SetText and SetBytes are the way back.
//
// # Words
//
//	heap            what is sent as a whole: items, and their bytes, the payload
//	heap cnt        the number that tells a heap from others of its stream
//	packet          a part of a heap: header, item pointers, some payload
//	datagram        what a socket carries; one packet
//	item pointer    8 bytes that hold an item's id, and its value or the address of it in the payload
//	immediate       a value in the item pointer itself
//	flavour         how the bits of an item pointer are divided: SPEAD-64-40 has 40 for the address
//	substream       one of several destinations of a stream
//	chunk           a place that many heaps fill together
//	bug compat      what old senders do that isn't SPEAD, and that the wire doesn't tell
//
// # Where to read on
//
// A heap on its way out passes these files, each of which calls only the next ones:
//
//	send/heap.go                   collects items without copying
//	send/stream.go                 checks everything, gives the heap cnt
//	send/queue.go                  waits for its turn
//	send/sender.go                 the loop
//	internal/packetizer            the next datagram: header, and slices of the user's memory
//	internal/udp/batch_send_linux.go  many datagrams in one call of the kernel
//	send/batch.go                  the result of each heap
//
// and on its way in:
//
//	internal/udp/batch_linux.go    many datagrams in one call of the kernel
//	recv/reader.go                 the loop
//	internal/wire/packet.go        a packet's fields, or the reason to refuse it
//	internal/assembler             finds the heap, copies the payload to its place
//	internal/ring/queue.go             heaps wait for the user
//	recv/stream.go                 the user's Next
//
// The package never logs and starts no goroutine. Unless a type says otherwise, its values are not
// safe for concurrent use. What is wrong with a value is said by a *FieldError.
package spead
