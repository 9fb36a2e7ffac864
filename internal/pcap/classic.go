// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/gospead/spead"
)

const (
	classicHeaderBytes = 24
	classicRecordBytes = 16
)

// classicReader reads pcap files of version 2.4: both byte orders, micro- and nanoseconds.
type classicReader struct {
	reader *pcapgo.Reader
	link   uint16
	// number and offset are those of the record last read, or being read.
	number, offset int64
	// end is where that record ends.
	end int64
}

func newClassicReader(window *bufio.Reader) (*classicReader, error) {
	// pcapgo adds no buffer of its own to one that has at least its default size.
	reader, err := pcapgo.NewReader(window)
	if err != nil {
		return nil, fmt.Errorf("read capture header: %w", unexpected(err))
	}
	link := uint16(reader.LinkType())
	if !supportedLink(link) {
		return nil, fmt.Errorf("read capture header: %w", linkTypeError(link))
	}
	// The file's own limit is of no use: some writers exceed theirs, others declare 4 GiB.
	reader.SetSnaplen(MaxFrame)
	return &classicReader{reader: reader, link: link, end: classicHeaderBytes}, nil
}

func (c *classicReader) next(r *record) error {
	c.number++
	c.offset = c.end
	data, info, err := c.reader.ZeroCopyReadPacketData()
	if err != nil {
		return c.explain(info, err)
	}
	c.end = c.offset + classicRecordBytes + int64(info.CaptureLength)
	*r = record{data: data, length: uint32(info.Length), link: c.link, time: info.Timestamp}
	return nil
}

// explain says what is wrong with a record. Lengths are made unsigned because they are negative in
// a 32-bit int if the file gives more than 2 GiB.
func (c *classicReader) explain(info gopacket.CaptureInfo, err error) error {
	captured, length := uint32(info.CaptureLength), uint32(info.Length)
	switch {
	case errors.Is(err, io.EOF) && captured == 0:
		return io.EOF
	case captured > MaxFrame:
		err = &spead.FieldError{Field: "captured length", Value: captured, Allowed: fmt.Sprint("0 to ", MaxFrame)}
	case captured > length:
		err = &spead.FieldError{
			Field:   "captured length",
			Value:   captured,
			Allowed: fmt.Sprint("at most the frame's length, ", length),
		}
	}
	return recordError(c.number, c.offset, unexpected(err))
}

// losses tells nothing: such files have no statistics.
func (*classicReader) losses() Losses { return Losses{} }
