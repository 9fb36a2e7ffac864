// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/gospead/spead"
)

// Options says what to take from a capture. The zero value takes every UDP datagram.
type Options struct {
	// Filter is an expression in the part of the pcap-filter language that the package's
	// description shows, such as "udp dst port 8888". Only datagrams that match are delivered.
	// The default, "", matches all.
	Filter string
}

// Datagram is a UDP datagram found in a capture.
type Datagram struct {
	// Payload is what the UDP header is followed by: 0 to 65527 bytes; none if the datagram is
	// refused. It belongs to the Reader and is valid until the next call of Next.
	Payload []byte
	// Source and Destination are the datagram's addresses. They are invalid if the datagram is
	// refused and the capture doesn't hold the IP header, and have port 0 if only the UDP header
	// isn't there.
	Source, Destination netip.AddrPort
	// Time is when the datagram was captured, in UTC, to the nanosecond or what the capture has.
	// It is zero for pcapng's simple packet blocks, which have no time.
	Time time.Time
	// Refusal is Accepted, RefusedCaptureTruncated if the capture holds only the beginning of the
	// frame, or RefusedCaptureMalformed if the datagram contradicts itself.
	Refusal spead.Refusal
}

// Foreign counts the frames of a capture that aren't delivered, by kind. Each is counted once.
type Foreign struct {
	// LinkType: captured on an interface of a link type that isn't supported. That can happen only
	// in pcapng files with several interfaces; otherwise such a capture is not opened.
	LinkType int64
	// NotIP: neither IPv4 nor IPv6, such as ARP.
	NotIP int64
	// Protocol: IP but not UDP, such as TCP.
	Protocol int64
	// Fragment: a fragment of a UDP datagram. Fragments aren't reassembled, as in spead2.
	Fragment int64
	// Filtered: a UDP datagram, whole or not, that Options.Filter doesn't match.
	Filtered int64
}

// Total is the number of foreign frames of all kinds.
func (f Foreign) Total() int64 {
	return f.LinkType + f.NotIP + f.Protocol + f.Fragment + f.Filtered
}

// Reader reads the UDP datagrams of a capture, in the order of the file. It is not safe for
// concurrent use.
type Reader struct {
	records recordReader
	filter  *filter
	closer  io.Closer

	// record and frame are kept here so that reading allocates nothing.
	record   record
	frame    frame
	verdicts [verdictCount]int64
	// err ended the reading.
	err error
}

// Open opens a capture file: pcap or pcapng, plain or compressed by gzip. The file's name doesn't
// matter. A filter or a file that isn't understood gives a *spead.FieldError. The caller has to
// close the Reader.
func Open(path string, opts Options) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(file, opts)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.closer = file
	return r, nil
}

// NewReader reads a capture from r, through a buffer of its own. It reads the capture's header, in
// pcapng files up to the first frame. Closing the Reader doesn't close r.
func NewReader(r io.Reader, opts Options) (*Reader, error) {
	compiled, err := compileFilter(opts.Filter)
	if err != nil {
		return nil, err
	}
	records, err := openRecords(r)
	if err != nil {
		return nil, err
	}
	return &Reader{records: records, filter: compiled}, nil
}

// Next returns the capture's next datagram, or io.EOF after the last. If the capture ends within a
// record or a record is corrupt, the error says which it is and where it is in the file, before
// compression; io.ErrUnexpectedEOF is found in it in the first case, *spead.FieldError in the second.
// After an error, Next returns it again.
func (r *Reader) Next() (Datagram, error) {
	for r.err == nil {
		if r.err = r.records.next(&r.record); r.err != nil {
			break
		}
		v := r.frame.parse(&r.record)
		if !v.foreign() && !r.filter.match(&r.frame) {
			v = filtered
		}
		r.verdicts[v]++
		if !v.foreign() {
			return r.datagram(v), nil
		}
	}
	return Datagram{}, r.err
}

// datagram shows the current frame to the user.
func (r *Reader) datagram(v verdict) Datagram {
	f := &r.frame
	source, destination := f.ports()
	d := Datagram{
		Source:      netip.AddrPortFrom(f.source(), source),
		Destination: netip.AddrPortFrom(f.destination(), destination),
		Time:        r.record.time,
	}
	switch v {
	case cut:
		d.Refusal = spead.RefusedCaptureTruncated
	case contradictory:
		d.Refusal = spead.RefusedCaptureMalformed
	default:
		d.Payload = f.payload
	}
	return d
}

// Foreign returns how many frames so far were none of a SPEAD receiver's business.
func (r *Reader) Foreign() Foreign {
	return Foreign{
		LinkType: r.verdicts[otherLink],
		NotIP:    r.verdicts[notIP],
		Protocol: r.verdicts[otherProtocol],
		Fragment: r.verdicts[fragment],
		Filtered: r.verdicts[filtered],
	}
}

// Losses returns what the capture says of itself is missing, as far as it was read.
func (r *Reader) Losses() Losses { return r.records.losses() }

// Close closes the file, if the Reader opened it. Payload lent before must not be used any more.
// Closing again does nothing.
func (r *Reader) Close() error {
	r.err = os.ErrClosed
	if r.closer == nil {
		return nil
	}
	closer := r.closer
	r.closer = nil
	return closer.Close()
}
