// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gopacket/gopacket/pcapgo"

	"github.com/gospead/spead"
)

const (
	classicHeaderBytes = 24
	classicRecordBytes = 16
)

// classicReader reads pcap files of version 2.4: both byte orders, micro- and nanoseconds. The file's
// header is pcapgo's business; its records would be copied there once more.
type classicReader struct {
	window *bufio.Reader
	order  binary.ByteOrder
	// unit is that of the fraction of a second, in nanoseconds.
	unit uint32
	link uint16
	// number and offset are those of the record last read, or being read.
	number, offset int64
	// lent is how many bytes of the window belong to that record, which has to stay there until the next
	// call.
	lent int
}

func newClassicReader(window *bufio.Reader) (*classicReader, error) {
	magic, err := window.Peek(4)
	if err != nil {
		return nil, fmt.Errorf("read capture header: %w", unexpected(err))
	}
	c := &classicReader{window: window, order: binary.LittleEndian, unit: 1000, offset: classicHeaderBytes}
	if magic[0] == 0xa1 {
		c.order = binary.BigEndian
	}
	if c.order.Uint32(magic) == 0xa1b23c4d {
		c.unit = 1
	}
	// pcapgo adds no buffer of its own to one that has at least its default size.
	header, err := pcapgo.NewReader(window)
	if err != nil {
		return nil, fmt.Errorf("read capture header: %w", unexpected(err))
	}
	if c.link = uint16(header.LinkType()); !supportedLink(c.link) {
		return nil, fmt.Errorf("read capture header: %w", linkTypeError(c.link))
	}
	return c, nil
}

func (c *classicReader) next(r *record) error {
	c.number++
	c.offset += int64(c.lent)
	// What was peeked at is there.
	_, _ = c.window.Discard(c.lent)
	c.lent = 0
	header, err := c.window.Peek(classicRecordBytes)
	if err != nil {
		if errors.Is(err, io.EOF) && len(header) == 0 {
			return io.EOF
		}
		return recordError(c.number, c.offset, unexpected(err))
	}
	captured, length := c.order.Uint32(header[8:]), c.order.Uint32(header[12:])
	at := time.Unix(int64(c.order.Uint32(header)), int64(c.order.Uint32(header[4:])*c.unit)).UTC()
	if err := checkLengths(captured, length); err != nil {
		return recordError(c.number, c.offset, err)
	}
	size := classicRecordBytes + int(captured)
	data, err := c.window.Peek(size)
	if err != nil {
		return recordError(c.number, c.offset, unexpected(err))
	}
	c.lent = size
	*r = record{data: data[classicRecordBytes:], length: length, link: c.link, time: at}
	return nil
}

// checkLengths refuses what a record can't have. The file's own limit is of no use: some writers exceed
// theirs, others declare 4 GiB.
func checkLengths(captured, length uint32) error {
	switch {
	case captured > MaxFrame:
		return &spead.FieldError{Field: "captured length", Value: captured, Allowed: fmt.Sprint("0 to ", MaxFrame)}
	case captured > length:
		return &spead.FieldError{
			Field:   "captured length",
			Value:   captured,
			Allowed: fmt.Sprint("at most the frame's length, ", length),
		}
	}
	return nil
}

// losses tells nothing: such files have no statistics.
func (*classicReader) losses() Losses { return Losses{} }
