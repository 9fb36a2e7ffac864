// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gospead/spead"
)

const (
	// MaxFrame is the most bytes of a frame that a record may hold, as in libpcap (its
	// MAXIMUM_SNAPLEN). An IP packet has at most 65575.
	MaxFrame = 262144

	// windowBytes is the size of the buffer that records are read through. It has to hold a whole
	// record; beyond that, larger ones only make fewer system calls and miss the cache.
	windowBytes = 2 * MaxFrame
)

// record is one captured frame.
type record struct {
	// data holds the captured bytes. It belongs to the reader and is valid until the next record.
	data []byte
	// length is the frame's length on the wire; less of it may have been captured.
	length uint32
	// link is the type of the frame's first header: a LINKTYPE_ value.
	link uint16
	// time is when the frame was captured; zero if the capture doesn't tell.
	time time.Time
}

// recordReader reads one format of capture.
type recordReader interface {
	// next overwrites *record with the next one. It returns io.EOF at the end.
	next(*record) error
	// losses is what the records before, and those that were skipped, have told of what is missing.
	losses() Losses
}

// openRecords finds out the format of a capture and reads up to its first frame.
func openRecords(r io.Reader) (recordReader, error) {
	window, err := decompress(r)
	if err != nil {
		return nil, fmt.Errorf("read capture header: %w", err)
	}
	magic, err := window.Peek(4)
	if err != nil {
		return nil, fmt.Errorf("read capture header: %w", unexpected(err))
	}
	switch string(magic) {
	case "\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\xa1\xb2\x3c\x4d":
		return newClassicReader(window)
	case "\x0a\x0d\x0d\x0a":
		return newNgReader(window)
	}
	return nil, fmt.Errorf("read capture header: %w", &spead.FieldError{
		Field:   "magic number",
		Value:   fmt.Sprintf("% x", magic),
		Allowed: "that of a pcap or pcapng file, either plain or compressed by gzip",
	})
}

// decompress returns a window onto r's bytes, or onto what gzip compressed into them. It takes
// memory for two windows at most, whatever the size of what comes out.
func decompress(r io.Reader) (*bufio.Reader, error) {
	sniffer := bufio.NewReader(r)
	// An error shows again when the window is filled.
	if magic, _ := sniffer.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return bufio.NewReaderSize(sniffer, windowBytes), nil
	}
	unzipped, err := gzip.NewReader(sniffer)
	if err != nil {
		return nil, fmt.Errorf("uncompress: %w", unexpected(err))
	}
	return bufio.NewReaderSize(unzipped, windowBytes), nil
}

// unexpected makes an end of file that came too early known as that.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// recordError adds to an error where in the capture it was found. Records are counted from 1.
func recordError(number, offset int64, err error) error {
	return fmt.Errorf("read capture: record %d at byte %d: %w", number, offset, err)
}

// linkTypeError refuses a link type.
func linkTypeError(link uint16) error {
	return &spead.FieldError{
		Field:   "link type",
		Value:   link,
		Allowed: "0 (BSD loopback), 1 (Ethernet), 12, 14 or 101 (raw IP), 108 (OpenBSD loopback), 113 (Linux cooked), 228 (IPv4), 229 (IPv6) or 276 (Linux cooked v2)",
	}
}
