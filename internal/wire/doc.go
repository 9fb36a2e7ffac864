// SPDX-License-Identifier: Apache-2.0

// Package wire turns the bytes of a SPEAD packet into its fields and back. It allocates nothing but
// what the caller's slices have to grow by, does no input or output, keeps no state and logs nothing:
// what it doesn't take, it answers with a spead.Refusal.
//
// A packet is a header, item pointers and payload, one right after the other, with nothing at the
// end. All numbers are unsigned and big-endian. A is the number of heap address bytes, 1 to 7: 5 in
// SPEAD-64-40, 6 in SPEAD-64-48.
//
//	byte 0     1      2      3      4      5      6      7
//	  +------+------+------+------+------+------+------+------+
//	  | 0x53 | 0x04 | 8-A  |  A   | reserved: 0 |   pointers  |   header
//	  +------+------+------+------+------+------+------+------+
//	  |1| id 1: HEAP_CNT       | which heap                   |   the special item
//	  |1| id 2: HEAP_LENGTH    | bytes of the heap's payload  |   pointers, immediates
//	  |1| id 3: PAYLOAD_OFFSET | where ours begins in it      |
//	  |1| id 4: PAYLOAD_LENGTH | bytes of ours                |
//	  +-+----------------------+------------------------------+
//	  |1| id                   | value                        |   the others: an immediate
//	  |0| id                   | address                      |   or an addressed item
//	  | ...                                                   |
//	  +-+----------------------+------------------------------+
//	  | payload: PAYLOAD_LENGTH bytes                         |
//	  +-------------------------------------------------------+
//
// An item pointer has 64 bits: the mode bit, 63-8A bits of item id, and 8A bits of value or address.
// An address counts from the beginning of the heap's payload, not the packet's; an addressed item
// ends where the next one by address begins, or with the heap. A pointer with id 0 (NULL) carries
// nothing, but an addressed one ends the item before it, so that padding may follow. Item pointers
// may come in any of the heap's packets; HEAP_LENGTH is the only special one that may be missing.
//
// # Descriptors
//
// An item with id 5 (DESCRIPTOR) holds a packet in turn, of which the items say what another item
// is: its id as an immediate; name, description, format, shape and, where there is one, numpy header
// addressed, in this order. Format and shape are lists of small fields:
//
//	  +------+----------------------+      +-------+------------------+
//	  | code | 8-A bytes: bit width |      | flags | A bytes: length  |
//	  +------+----------------------+      +-------+------------------+
//	one field of the format                 one dimension of the shape
//
// Bit 0 of the flags marks the dimension that follows from the item's size. The bug compatibility
// of a flavour changes the widths (to 3 and 7 bytes) and that bit (to bit 1), and nothing else here.
//
// The files: packet.go decodes; append.go and pointer.go encode; descriptor.go does both for
// descriptors; datagram.go is a packet on its way out, with its payload still in several places.
package wire
