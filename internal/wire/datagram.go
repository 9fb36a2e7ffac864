// SPDX-License-Identifier: Apache-2.0

package wire

// Datagram is a packet on its way out: bytes to be gathered from several places. Its memory is kept
// from packet to packet by whoever fills it.
type Datagram struct {
	// Header holds the packet's header and item pointers.
	Header []byte
	// Payload lists the pieces of the packet's payload, in order: slices of the user's memory.
	Payload [][]byte
	// Size is the total in bytes, header included.
	Size int
	// Substream says which of the stream's destinations it goes to, from 0.
	Substream int
}

// AppendTo appends the datagram's bytes to dst.
func (d *Datagram) AppendTo(dst []byte) []byte {
	dst = append(dst, d.Header...)
	for _, piece := range d.Payload {
		dst = append(dst, piece...)
	}
	return dst
}
