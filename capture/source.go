// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"io"
	"sync"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/recv"
)

// batchMax is how many datagrams are given to the stream at once, as in spead2.
const batchMax = 64

// Options says what to take from a capture.
type Options struct {
	// Filter is a pcap-filter expression, such as "udp dst port 7148 and src net 10.0.0.0/8", which
	// selects among the UDP datagrams. Default (empty): all of them.
	Filter string
}

// Source gives the datagrams of a capture file to a stream, which closes it.
type Source struct {
	// mu guards the reader: the stream may close the source while it is being read.
	mu      sync.Mutex
	reader  *pcap.Reader
	foreign int64
	closed  bool
	// bytes holds the present batch; what is read of the file is valid for one datagram only.
	bytes []byte
}

// Open opens a capture file. Errors: the file's, or *spead.FieldError for a filter or a file that
// can't be read.
func Open(path string, opts Options) (*Source, error) {
	reader, err := pcap.Open(path, pcap.Options{Filter: opts.Filter})
	if err != nil {
		return nil, err
	}
	return &Source{reader: reader}, nil
}

// ReadBatch implements recv.Source.
func (s *Source) ReadBatch(b *recv.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return io.EOF
	}
	s.bytes = s.bytes[:0]
	var err error
	for range batchMax {
		var d pcap.Datagram
		if d, err = s.reader.Next(); err != nil {
			break
		}
		s.add(b, &d)
	}
	foreign := s.reader.Foreign().Total()
	b.Foreign += foreign - s.foreign
	s.foreign = foreign
	return err
}

func (s *Source) add(b *recv.Batch, d *pcap.Datagram) {
	switch {
	case d.Refusal != spead.Accepted:
		b.Refuse(d.Refusal)
	case len(d.Payload) == 0:
		b.Refuse(spead.RefusedEmpty)
	default:
		// If this moves the memory, earlier datagrams of the batch stay where they were.
		start := len(s.bytes)
		s.bytes = append(s.bytes, d.Payload...)
		b.Add(s.bytes[start:len(s.bytes):len(s.bytes)])
	}
}

// Close implements recv.Source.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return s.reader.Close()
}
