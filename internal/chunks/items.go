// SPDX-License-Identifier: Apache-2.0

package chunks

import (
	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// ItemReader reads the immediate values of certain items from packets.
type ItemReader struct {
	ids    []spead.ItemID
	values []int64
	// keys are what item pointers with these ids begin with, in the flavour with addressBits.
	keys        []uint64
	addressBits int
}

// NewItemReader returns a reader of these items. The ids 1 to 4, which every packet has, may be among
// them.
func NewItemReader(ids []spead.ItemID) ItemReader {
	return ItemReader{ids: append([]spead.ItemID(nil), ids...), values: make([]int64, len(ids)), keys: make([]uint64, len(ids))}
}

// Read gives the items' values: -1 for one that is absent or addressed, the last for one that is
// repeated. The result is valid until the next call.
func (r *ItemReader) Read(p *wire.Packet) []int64 {
	if p.AddressBits != r.addressBits {
		r.addressBits = p.AddressBits
		for i, id := range r.ids {
			r.keys[i] = immediateKey(p.AddressBits, id)
		}
	}
	for i, id := range r.ids {
		r.values[i] = special(p, id)
	}
	shift := uint(p.AddressBits) & 63
	for i := range p.PointerCount() {
		pointer := p.Pointer(i)
		for j, key := range r.keys {
			if uint64(pointer)>>shift == key {
				r.values[j] = int64(pointer.Value(p.AddressBits))
			}
		}
	}
	return r.values
}

// immediateKey is what an item pointer with an immediate value begins with, above the value.
func immediateKey(addressBits int, id spead.ItemID) uint64 {
	const none = ^uint64(0)
	mode := uint64(1) << (63 - addressBits)
	if uint64(id) >= mode {
		return none // the flavour has no such id
	}
	return mode | uint64(id)
}

// special gives the value of an item that every packet has, or -1.
func special(p *wire.Packet, id spead.ItemID) int64 {
	switch id {
	case spead.HeapCntID:
		return int64(p.Cnt)
	case spead.HeapLengthID:
		return p.HeapLength
	case spead.PayloadOffsetID:
		return p.PayloadOffset
	case spead.PayloadLengthID:
		return int64(len(p.Payload))
	}
	return -1
}
