// SPDX-License-Identifier: Apache-2.0

package pcap

import "fmt"

// readPacket reads an enhanced packet block, or the packet block that it replaced: they differ in
// the interface number only.
func (n *ngReader) readPacket(r *record) error {
	const headerBytes = ngHeaderBytes + 20
	if n.size < headerBytes+ngTrailerBytes {
		return n.fieldError("packet block's length", n.size, "32 or more")
	}
	b, err := n.peek(headerBytes)
	if err != nil {
		return err
	}
	index := n.uint32(b[8:])
	if n.kind == ngObsoletePacket {
		index = uint32(n.uint16(b[8:]))
	}
	if uint64(index) >= uint64(len(n.interfaces)) {
		return n.fieldError("interface", index, n.allowedInterfaces())
	}
	d := &n.interfaces[index]
	timestamp := uint64(n.uint32(b[12:]))<<32 | uint64(n.uint32(b[16:]))
	*r = record{length: n.uint32(b[24:]), link: d.link, time: d.time(timestamp)}
	return n.readData(r, headerBytes, n.uint32(b[20:]))
}

// readSimple reads a simple packet block, which has no time and belongs to the first interface.
func (n *ngReader) readSimple(r *record) error {
	const headerBytes = ngHeaderBytes + 4
	if n.size < headerBytes+ngTrailerBytes {
		return n.fieldError("simple packet block's length", n.size, "16 or more")
	}
	b, err := n.peek(headerBytes)
	if err != nil {
		return err
	}
	if len(n.interfaces) == 0 {
		return n.fieldError("interface", 0, n.allowedInterfaces())
	}
	d := &n.interfaces[0]
	captured := n.uint32(b[8:])
	*r = record{length: captured, link: d.link}
	if d.snapLength != 0 {
		captured = min(captured, d.snapLength)
	}
	return n.readData(r, headerBytes, captured)
}

// readData lends the frame, of captured bytes after headerBytes of the block.
func (n *ngReader) readData(r *record, headerBytes int, captured uint32) error {
	room := n.size - uint32(headerBytes) - ngTrailerBytes
	if limit := min(room, MaxFrame); captured > limit {
		return n.fieldError("captured length", captured, fmt.Sprint("0 to ", limit))
	}
	b, err := n.peek(headerBytes + int(captured))
	if err != nil {
		return err
	}
	r.data = b[headerBytes:]
	return nil
}

func (n *ngReader) allowedInterfaces() string {
	if len(n.interfaces) == 0 {
		return "an interface description block before it"
	}
	return fmt.Sprint("0 to ", len(n.interfaces)-1, ", the interfaces described before it")
}
