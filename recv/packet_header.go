// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// PacketHeader is what a packet says of itself and its heap, to those who decide where its payload
// goes. It is valid during the call that it was given to.
type PacketHeader struct {
	packet *wire.Packet
}

// Cnt is the identifier of the packet's heap.
func (h PacketHeader) Cnt() spead.HeapCnt { return h.packet.Cnt }

// AddressBits are the flavour's heap address bits: 48 in SPEAD-64-48.
func (h PacketHeader) AddressBits() int { return h.packet.AddressBits }

// HeapLength is the heap's payload in bytes, or -1 if the packet doesn't tell.
func (h PacketHeader) HeapLength() int64 { return h.packet.HeapLength }

// PayloadOffset is where the packet's payload belongs in the heap's, in bytes.
func (h PacketHeader) PayloadOffset() int64 { return h.packet.PayloadOffset }

// PayloadLength is the packet's payload in bytes.
func (h PacketHeader) PayloadLength() int { return len(h.packet.Payload) }

// Immediate gives the value of an immediate item of the packet, the last if there are several; false
// if it has none. The special items, with ids up to 4, are told by the other methods.
func (h PacketHeader) Immediate(id spead.ItemID) (value uint64, ok bool) {
	bits := h.packet.AddressBits
	for i := range h.packet.PointerCount() {
		if p := h.packet.Pointer(i); p.Immediate() && p.ID(bits) == id {
			value, ok = p.Value(bits), true
		}
	}
	return value, ok
}
