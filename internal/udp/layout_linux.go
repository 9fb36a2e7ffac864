// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gospead/spead/internal/wire"
)

// lay makes messages of the datagrams that d starts with.
func (b *batchSender) lay(d []wire.Datagram) {
	b.forget()
	b.gathered = b.gathered[:0]
	for len(d) > 0 && b.end < len(b.messages) {
		n := 1
		if to := &b.destinations[d[0].Substream]; to.gso.merges() {
			n = runLength(d, to.messageMax)
		}
		b.layMessage(d[:n])
		d = d[n:]
	}
}

// forget drops all messages, and the references to the user's memory that they hold.
func (b *batchSender) forget() {
	for i := range b.messages[:b.end] {
		b.messages[i].Hdr.Iov = nil // it may point to what pieces was before it grew
	}
	b.first, b.end = 0, 0
	clear(b.pieces)
	b.pieces = b.pieces[:0]
}

// layMessage makes the next message, of all of d.
func (b *batchSender) layMessage(d []wire.Datagram) {
	start := len(b.pieces)
	if len(d) > 1 && d[0].Size <= gatherMax {
		b.gather(d)
	} else {
		for i := range d {
			b.addDatagram(&d[i])
		}
	}
	to := &b.destinations[d[0].Substream]
	header := &b.messages[b.end].Hdr
	*header = unix.Msghdr{}
	if !b.connected.Load() {
		header.Name, header.Namelen = to.name, to.nameSize
	}
	if n := len(b.pieces) - start; n > 0 {
		// Should pieces grow for a later message, this one goes on with the old memory.
		header.Iov = &b.pieces[start]
		header.SetIovlen(n)
	}
	if len(d) > 1 {
		segment := &b.controls[b.end]
		segment.set(d[0].Size)
		header.Control = (*byte)(unsafe.Pointer(segment))
		header.SetControllen(int(unsafe.Sizeof(*segment)))
	}
	b.datagrams[b.end], b.substreams[b.end] = len(d), d[0].Substream
	b.end++
}

// gatherMax is up to which size datagrams of one message are copied together: for the kernel, many
// small pieces cost more than that. Measured in docs/performance.md.
const gatherMax = 2048

// gather adds datagrams as one piece.
func (b *batchSender) gather(d []wire.Datagram) {
	start := len(b.gathered)
	for i := range d {
		b.gathered = d[i].AppendTo(b.gathered)
	}
	b.addPiece(b.gathered[start:])
}

func (b *batchSender) addDatagram(d *wire.Datagram) {
	if 1+len(d.Payload) > piecesMax {
		b.gather([]wire.Datagram{*d})
		return
	}
	b.addPiece(d.Header)
	for _, piece := range d.Payload {
		b.addPiece(piece)
	}
}

func (b *batchSender) addPiece(piece []byte) {
	if len(piece) > 0 {
		v := unix.Iovec{Base: unsafe.SliceData(piece)}
		v.SetLen(len(piece))
		b.pieces = append(b.pieces, v)
	}
}
