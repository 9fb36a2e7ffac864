// SPDX-License-Identifier: Apache-2.0

package framing

import (
	"encoding/binary"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// magicVersion is how every packet begins.
const magicVersion = 0x5304

// probe looks at the packet that b may start with. A size above 0 is the packet's, whether or not b
// holds all of it; 0 and spead.Accepted mean that b is too short to tell. If no packet starts here, the
// reason is returned, with the number of bytes that can be left out at once.
func probe(b []byte, packetMax int) (size, skip int64, refusal spead.Refusal) {
	if len(b) < wire.HeaderSize {
		return 0, 0, spead.Accepted
	}
	header := binary.BigEndian.Uint64(b)
	if header>>48 != magicVersion {
		return 0, 1, spead.RefusedBadMagic
	}
	idBytes, addressBytes := header>>40&0xff, header>>32&0xff
	if idBytes == 0 || addressBytes == 0 || idBytes+addressBytes != wire.PointerSize {
		return 0, 1, spead.RefusedBadFlavour
	}
	payloadStart := wire.HeaderSize + int(header&0xffff)*wire.PointerSize
	if payloadStart > packetMax {
		return 0, 1, spead.RefusedTooLong
	}
	shift := uint(addressBytes*8) & 63
	// The mode bit is part of this on purpose: only immediates are special.
	wanted := uint64(1)<<(63-shift) | uint64(spead.PayloadLengthID)
	for at := wire.HeaderSize; at < payloadStart; at += wire.PointerSize {
		if len(b) < at+wire.PointerSize {
			return 0, 0, spead.Accepted
		}
		pointer := binary.BigEndian.Uint64(b[at:])
		if pointer>>shift == wanted {
			return int64(payloadStart) + int64(pointer&(1<<shift-1)), 0, spead.Accepted
		}
	}
	return 0, int64(payloadStart), spead.RefusedMissingItem
}
