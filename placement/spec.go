// SPDX-License-Identifier: Apache-2.0

package placement

import "github.com/gospead/spead"

// Spec describes where heaps go. HeapBytes and one endless index have to be set.
type Spec struct {
	// Description is for people.
	Description string `json:"description,omitempty"`
	// HeapBytes is the payload of each heap in bytes; heaps of any other length are rejected, as those
	// with descriptors are. At least 1.
	HeapBytes int64 `json:"heap_bytes"`
	// PacketBytes is the payload in bytes of each packet but a heap's last, if presence is to be told
	// per packet: see recv.ChunkConfig.PacketPresence. Default (0): it is told per heap.
	PacketBytes int `json:"packet_bytes,omitempty"`
	// Indices tell a heap's place, the one that varies slowest first. 1 to 16, of which one is endless.
	Indices []Index `json:"indices"`
	// Side are values that are kept of each heap in Chunk.Extra, one after the other, so that each place
	// has a record of them. Default (empty): none.
	Side []Side `json:"side,omitempty"`
	// Window is recv.ChunkConfig.Window. Default (0): its default.
	Window int `json:"window,omitempty"`
}

// Value says what number is taken of a heap: some bits of an item, or the stream's id.
type Value struct {
	// Item is the item whose immediate value it is. 1 (the heap cnt) and the other special ids may be
	// used. There is no default: without an item (0), Stream has to be set.
	Item spead.ItemID `json:"item,omitempty"`
	// Stream takes recv.ChunkConfig.StreamID instead of an item: what only the socket tells. Default
	// false.
	Stream bool `json:"stream,omitempty"`
	// Mask selects bits. Default (0): all.
	Mask uint64 `json:"mask,omitempty"`
	// Shift moves the selected bits down. 0 to 63; default 0.
	Shift int `json:"shift,omitempty"`
}

// Index makes a number from 0 to Count-1 of a heap: ((value&Mask>>Shift) - First) % Modulo / Step, or
// the position in Values. Heaps of which it can't be made are rejected: the item is missing, the
// value lies before First or between steps, or it isn't among Values; likewise numbers from Count
// on, unless the index is endless.
type Index struct {
	// Name is for people.
	Name string `json:"name,omitempty"`
	Value
	// First is the value that becomes 0. Default 0.
	First uint64 `json:"first,omitempty"`
	// Modulo makes values that go round begin again at 0. Default (0): they don't.
	Modulo uint64 `json:"modulo,omitempty"`
	// Step is the difference of successive values. Default (0) 1.
	Step uint64 `json:"step,omitempty"`
	// Floor takes values between steps for the step below. Default false: such heaps are rejected.
	Floor bool `json:"floor,omitempty"`
	// Values lists the values in the order of their numbers, instead of First, Modulo and Step. At most
	// 65536, each once. Default (empty): it isn't used.
	Values []uint64 `json:"values,omitempty"`
	// Count is how many numbers there are; of the endless index, how many a chunk holds. At least 1;
	// default (0): the length of Values.
	Count int `json:"count,omitempty"`
	// Endless says that numbers go on from chunk to chunk: number/Count is the chunk's id. Default false;
	// one index must have it.
	Endless bool `json:"endless,omitempty"`
	// Stride is the distance in Chunk.Data of successive numbers in bytes, if there is to be room between
	// them. Default (0): that of a packed array.
	Stride int64 `json:"stride,omitempty"`
}

// Side is a value that is kept of each heap. An item that is missing is kept as all ones.
type Side struct {
	// Name is for people.
	Name string `json:"name,omitempty"`
	Value
	// Bytes is how many low bytes of the value are kept, the lowest first. 1 to 8; default (0) 8.
	Bytes int `json:"bytes,omitempty"`
}
