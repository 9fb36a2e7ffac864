// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"encoding/binary"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// Change is an item and what to add to its values.
type Change struct {
	ID  spead.ItemID
	Add uint64
}

// Apply adds to the immediate values of items in a datagram. It tells how many values were changed (also
// where nothing was added), and how many of the items' pointers hold an address instead: what these
// point to isn't touched.
func Apply(datagram []byte, changes []Change) (changed, addressed int) {
	each(datagram, func(at []byte, addressBits int) {
		p := wire.Pointer(binary.BigEndian.Uint64(at))
		for i := range changes {
			switch {
			case p.ID(addressBits) != changes[i].ID:
			case !p.Immediate():
				addressed++
			default:
				value := (p.Value(addressBits) + changes[i].Add) & (1<<addressBits - 1)
				binary.BigEndian.PutUint64(at, uint64(wire.ImmediatePointer(addressBits, changes[i].ID, value)))
				changed++
			}
		}
	})
	return changed, addressed
}

// each gives the item pointers of a datagram as they stand there; none if it is no SPEAD packet.
func each(datagram []byte, found func(at []byte, addressBits int)) {
	var p wire.Packet
	if _, refusal := p.Decode(datagram); refusal != spead.Accepted {
		return
	}
	pointers := int(binary.BigEndian.Uint16(datagram[6:]))
	for i := range pointers {
		start := wire.HeaderSize + i*wire.PointerSize
		found(datagram[start:start+wire.PointerSize], p.AddressBits)
	}
}
