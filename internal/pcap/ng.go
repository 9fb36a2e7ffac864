// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/gospead/spead"
)

// The blocks of a pcapng file that matter here (draft-ietf-opsawg-pcapng); others are skipped.
const (
	ngSection        = 0x0a0d0d0a
	ngInterface      = 1
	ngObsoletePacket = 2
	ngSimplePacket   = 3
	ngStatistics     = 5
	ngEnhancedPacket = 6
)

const (
	ngByteOrderMagic = 0x1a2b3c4d
	// ngHeaderBytes is a block's type and total length; ngTrailerBytes the total length again.
	ngHeaderBytes  = 8
	ngTrailerBytes = 4
)

// ngReader reads pcapng. Between calls it stands at the start of a block.
type ngReader struct {
	window    *bufio.Reader
	bigEndian bool
	// interfaces are those of the current section.
	interfaces []ngDescription
	// lostBefore is what the sections before have told.
	lostBefore Losses

	// number is that of the current or next block with a frame, from 1.
	number int64
	// offset is where the current block starts, kind and size are what its header says.
	offset     int64
	kind, size uint32
	// delivered says that the frame in the current block was handed out: it has to stay in the
	// window until the next call.
	delivered bool
}

func newNgReader(window *bufio.Reader) (*ngReader, error) {
	n := &ngReader{window: window, number: 1}
	if err := n.advance(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, d := range n.interfaces {
		if supportedLink(d.link) {
			return n, nil
		}
	}
	if len(n.interfaces) == 0 {
		return n, nil
	}
	return nil, fmt.Errorf("read capture header: %w", linkTypeError(n.interfaces[0].link))
}

func (n *ngReader) next(r *record) error {
	if n.delivered {
		if err := n.skipBlock(); err != nil {
			return err
		}
		n.number++
		n.delivered = false
	}
	if err := n.advance(); err != nil {
		return err
	}
	var err error
	if n.kind == ngSimplePacket {
		err = n.readSimple(r)
	} else {
		err = n.readPacket(r)
	}
	n.delivered = err == nil
	return err
}

// advance goes to the next block with a frame, and looks at its header.
func (n *ngReader) advance() error {
	for {
		if err := n.peekHeader(); err != nil {
			return err
		}
		var err error
		switch n.kind {
		case ngEnhancedPacket, ngSimplePacket, ngObsoletePacket:
			return nil
		case ngSection:
			err = n.readSection()
		case ngInterface:
			err = n.readInterface()
		case ngStatistics:
			err = n.readStatistics()
		}
		if err == nil {
			err = n.skipBlock()
		}
		if err != nil {
			return err
		}
	}
}

// peekHeader reads a block's type and size.
func (n *ngReader) peekHeader() error {
	header, err := n.window.Peek(ngHeaderBytes)
	if err != nil {
		if len(header) == 0 && errors.Is(err, io.EOF) {
			return io.EOF
		}
		return n.error(unexpected(err))
	}
	// The type of a section block is the same in both byte orders, as it changes the order.
	n.kind = n.uint32(header)
	if n.kind == ngSection {
		if err := n.readByteOrder(); err != nil {
			return err
		}
	}
	n.size = n.uint32(header[4:])
	if n.size < ngHeaderBytes+ngTrailerBytes || n.size%4 != 0 {
		return n.fieldError("block length", n.size, "a multiple of 4 from 12")
	}
	return nil
}

func (n *ngReader) readByteOrder() error {
	b, err := n.peek(ngHeaderBytes + 4)
	if err != nil {
		return err
	}
	magic := b[ngHeaderBytes:]
	switch {
	case binary.LittleEndian.Uint32(magic) == ngByteOrderMagic:
		n.bigEndian = false
	case binary.BigEndian.Uint32(magic) == ngByteOrderMagic:
		n.bigEndian = true
	default:
		return n.fieldError("byte order magic", fmt.Sprintf("% x", magic), "4d 3c 2b 1a or 1a 2b 3c 4d")
	}
	return nil
}

// readSection begins a section: interfaces are counted anew.
func (n *ngReader) readSection() error {
	const headerBytes = ngHeaderBytes + 16
	if n.size < headerBytes+ngTrailerBytes {
		return n.fieldError("section header block's length", n.size, "28 or more")
	}
	b, err := n.peek(headerBytes)
	if err != nil {
		return err
	}
	major, minor := n.uint16(b[12:]), n.uint16(b[14:])
	// Some programs wrote 1.2 and meant 1.0.
	if major != 1 || minor != 0 && minor != 2 {
		return n.fieldError("version", fmt.Sprintf("%d.%d", major, minor), "1.0")
	}
	n.lostBefore = n.losses()
	n.interfaces = n.interfaces[:0]
	return nil
}

// skipBlock goes to the end of the current block. That its length stands there once more is the
// only check there is that the block was really that long.
func (n *ngReader) skipBlock() error {
	// In two steps, as the length may not fit in an int of 32 bits.
	body := n.size - ngTrailerBytes
	for _, part := range [...]uint32{body / 2, body - body/2} {
		if _, err := n.window.Discard(int(part)); err != nil {
			return n.error(unexpected(err))
		}
	}
	trailer, err := n.peek(ngTrailerBytes)
	if err != nil {
		return err
	}
	if size := n.uint32(trailer); size != n.size {
		return n.fieldError("block length at the block's end", size, fmt.Sprint(n.size, ", as at its start"))
	}
	if _, err = n.window.Discard(ngTrailerBytes); err != nil {
		return n.error(unexpected(err))
	}
	n.offset += int64(n.size)
	return nil
}

// peek returns the next bytes in the window, from the start of the block if nothing was skipped.
func (n *ngReader) peek(count int) ([]byte, error) {
	b, err := n.window.Peek(count)
	if err != nil {
		return nil, n.error(unexpected(err))
	}
	return b, nil
}

func (n *ngReader) error(err error) error { return recordError(n.number, n.offset, err) }

func (n *ngReader) fieldError(field string, value any, allowed string) error {
	return n.error(&spead.FieldError{Field: field, Value: value, Allowed: allowed})
}

func (n *ngReader) uint16(b []byte) uint16 {
	if n.bigEndian {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func (n *ngReader) uint32(b []byte) uint32 {
	if n.bigEndian {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func (n *ngReader) uint64(b []byte) uint64 {
	if n.bigEndian {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}
