// SPDX-License-Identifier: Apache-2.0

package spead

import "fmt"

// HeapCnt identifies a heap within its stream (item HEAP_CNT, id 1). Its width on the wire is the
// flavour's heap address width, so counters wrap at Flavour.MaxHeapCnt.
type HeapCnt uint64

// ItemID identifies an item within a stream. Its width on the wire is 63 bits less the flavour's
// heap address bits.
type ItemID uint64

// String gives the id in hexadecimal, the way SPEAD documents and spead2's tools write ids.
func (id ItemID) String() string { return fmt.Sprintf("0x%x", uint64(id)) }

// The reserved item ids (SPEAD document, section "Item identifiers").
const (
	// NullID pads: pointers with this id carry nothing, but an addressed one ends the item before it.
	NullID ItemID = 0x00
	// HeapCntID, HeapLengthID, PayloadOffsetID and PayloadLengthID are the immediates that every
	// packet starts with; only HEAP_LENGTH may be left out.
	HeapCntID       ItemID = 0x01
	HeapLengthID    ItemID = 0x02
	PayloadOffsetID ItemID = 0x03
	PayloadLengthID ItemID = 0x04
	// DescriptorID marks an item whose bytes are an embedded packet that describes another item.
	DescriptorID ItemID = 0x05
	// StreamCtrlID carries a StreamCtrl.
	StreamCtrlID ItemID = 0x06

	// The items of an embedded descriptor packet; in an ordinary heap these ids mean nothing special.
	DescriptorNameID        ItemID = 0x10
	DescriptorDescriptionID ItemID = 0x11
	DescriptorShapeID       ItemID = 0x12
	DescriptorFormatID      ItemID = 0x13
	DescriptorIDID          ItemID = 0x14
	DescriptorDTypeID       ItemID = 0x15

	// FirstAutoID is where an ItemGroup starts looking for an unused id, as in spead2.
	FirstAutoID ItemID = 0x1000
)

// StreamCtrl is the value of a STREAM_CTRL item.
type StreamCtrl uint64

// The stream control values; others are reserved and ignored.
const (
	CtrlStart             StreamCtrl = 0
	CtrlDescriptorReissue StreamCtrl = 1
	CtrlStop              StreamCtrl = 2
	CtrlDescriptorUpdate  StreamCtrl = 3
)

// RawItem is one item of a received heap before it is interpreted.
type RawItem struct {
	// ID is the item's id.
	ID ItemID
	// Immediate says that the value came in the item pointer itself.
	Immediate bool
	// Number is the immediate's value as an unsigned integer; 0 for addressed items.
	Number uint64
	// Value holds the item's bytes: of an addressed item, its part of the heap's payload; of an
	// immediate, the flavour's heap address bytes, big-endian. It aliases the heap's memory.
	Value []byte
}
