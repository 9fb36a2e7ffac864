// SPDX-License-Identifier: Apache-2.0

package wire

import "github.com/gospead/spead"

// PointerSize is the size of an item pointer in bytes, whatever the flavour.
const PointerSize = 8

const immediateBit = 1 << 63

// Pointer is an item pointer as it stands on the wire: the mode bit, the item id, and in the low
// heap-address bits an immediate value or an address (an offset into the heap's payload).
type Pointer uint64

// Immediate says whether the pointer holds a value rather than an address.
func (p Pointer) Immediate() bool { return p&immediateBit != 0 }

// ID is the item id, in a flavour with addressBits heap address bits.
func (p Pointer) ID(addressBits int) spead.ItemID {
	return spead.ItemID(p &^ immediateBit >> (uint(addressBits) & 63))
}

// Value is the immediate value or the address, in a flavour with addressBits heap address bits.
func (p Pointer) Value(addressBits int) uint64 {
	return uint64(p) & (1<<(uint(addressBits)&63) - 1)
}

// ImmediatePointer makes an immediate pointer. Preconditions: id and value fit the flavour.
func ImmediatePointer(addressBits int, id spead.ItemID, value uint64) Pointer {
	return Pointer(immediateBit | uint64(id)<<(uint(addressBits)&63) | value)
}

// AddressPointer makes an addressed pointer. Preconditions: id and address fit the flavour.
func AddressPointer(addressBits int, id spead.ItemID, address uint64) Pointer {
	return Pointer(uint64(id)<<(uint(addressBits)&63) | address)
}
