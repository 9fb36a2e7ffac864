// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"strconv"
	"strings"
)

// BugCompat is a set of deviations of PySPEAD 0.5.2 that old peers expect. The wire does not carry
// it: both ends have to be told. The values are spead2's.
type BugCompat uint8

// The known deviations.
const (
	// BugDescriptorWidths: format fields take 4 bytes and shape fields 8, whatever the flavour.
	BugDescriptorWidths BugCompat = 1 << iota
	// BugShapeBit1: a variable dimension is marked by bit 1 of the shape field's flag byte, not bit 0.
	BugShapeBit1
	// BugSwapEndian: numpy headers give the opposite byte order of the data.
	BugSwapEndian
	// BugPySPEAD is all of them: what PySPEAD 0.5.2 speaks.
	BugPySPEAD = BugDescriptorWidths | BugShapeBit1 | BugSwapEndian
)

const (
	defaultAddressBits = 40
	// Version is the SPEAD version that every flavour here has.
	Version = 4
	// PointerBits is the size of an item pointer: only SPEAD-64-YY exists in practice.
	PointerBits = 64
)

// Flavour says how the 64 bits of an item pointer are divided (SPEAD-64-YY, YY being the heap
// address bits), and which bug-compatibility applies. Flavours are compared with ==. The zero value
// is SPEAD-64-40 without bug compatibility, spead2's default.
type Flavour struct {
	// addressDelta is the heap address width less the default's, in bits, so that zero means 64-40.
	addressDelta int8
	bug          BugCompat
}

// NewFlavour returns SPEAD-64-heapAddressBits. heapAddressBits is a multiple of 8 from 8 to 56; bug
// a set of the known deviations.
func NewFlavour(heapAddressBits int, bug BugCompat) (Flavour, error) {
	if heapAddressBits%8 != 0 || heapAddressBits < 8 || heapAddressBits > 56 {
		return Flavour{}, &FieldError{"heap address bits", heapAddressBits, "a multiple of 8 from 8 to 56"}
	}
	if bug&^BugPySPEAD != 0 {
		return Flavour{}, &FieldError{"bug compatibility", uint8(bug), "0 to 7"}
	}
	return Flavour{int8(heapAddressBits - defaultAddressBits), bug}, nil
}

// ParseFlavour reads "SPEAD-64-48", "64-48" or "48".
func ParseFlavour(s string) (Flavour, error) {
	digits := strings.TrimPrefix(strings.TrimPrefix(s, "SPEAD-"), "64-")
	bits, err := strconv.Atoi(digits)
	if err == nil {
		if f, err := NewFlavour(bits, 0); err == nil {
			return f, nil
		}
	}
	return Flavour{}, &FieldError{"flavour", s, "64-8, 64-16, 64-24, 64-32, 64-40, 64-48 or 64-56"}
}

// HeapAddressBits is the YY of SPEAD-64-YY: 8 to 56, a multiple of 8.
func (f Flavour) HeapAddressBits() int { return defaultAddressBits + int(f.addressDelta) }

// HeapAddressBytes is the width of heap addresses, heap cnts and immediates: 1 to 7.
func (f Flavour) HeapAddressBytes() int { return f.HeapAddressBits() / 8 }

// BugCompat returns the flavour's bug-compatibility.
func (f Flavour) BugCompat() BugCompat { return f.bug }

// WithBugCompat returns the flavour with another bug-compatibility; unknown bits are dropped.
func (f Flavour) WithBugCompat(bug BugCompat) Flavour {
	f.bug = bug & BugPySPEAD
	return f
}

// MaxItemID is the largest id that an item pointer can hold.
func (f Flavour) MaxItemID() ItemID { return 1<<(63-f.HeapAddressBits()) - 1 }

// MaxImmediate is the largest immediate, which is also the largest heap length and address.
func (f Flavour) MaxImmediate() uint64 { return 1<<f.HeapAddressBits() - 1 }

// MaxHeapCnt is the largest heap cnt; counting goes on from 0 after it.
func (f Flavour) MaxHeapCnt() HeapCnt { return HeapCnt(f.MaxImmediate()) }

// String gives the flavour's name, such as "SPEAD-64-40".
func (f Flavour) String() string {
	return fmt.Sprintf("SPEAD-%d-%d", PointerBits, f.HeapAddressBits())
}
