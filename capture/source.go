// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/recv"
)

const (
	// batchDatagrams is how many datagrams a batch has at most, as with sockets.
	batchDatagrams = 64
	// batchBytes is when a batch is large enough: it should not drive the heaps out of the cache.
	batchBytes = 256 << 10
	// lentBytes is from which length on a datagram isn't copied, but ends its batch: the reader lends it
	// until the next.
	lentBytes = 4 << 10
)

// Options says what to take from a capture. The zero value takes every UDP datagram.
type Options struct {
	// Filter selects datagrams by an expression in the language of pcap-filter(7), such as
	// "udp dst port 7148 and src net 10.0.0.0/8". Default (empty): all.
	Filter string
}

// Open opens a capture file as a source for one stream, which closes it. The file's name doesn't
// matter, and it may be a pipe. A filter or a file that isn't understood gives a *spead.FieldError.
// If the file is found to be corrupt later, the source ends with that error after all the datagrams
// before.
//
// What a capture's statistics say that the capturing system or program dropped counts as dropped by the
// kernel (recv.Stats.KernelDrops); a device's drops don't, as they may have been anybody's.
func Open(path string, opts Options) (recv.Source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	// The file is opened here and not by the reader so that it can be closed while it is read.
	reader, err := pcap.NewReader(file, pcap.Options{Filter: opts.Filter})
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	src := &source{path: path, file: file, reader: reader}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		return fileSource{src}, nil
	}
	return src, nil
}

// fileSource is a source that never waits for anybody: whoever needs a heap reads it.
type fileSource struct {
	*source
}

// TryReadBatch adds the next datagrams.
func (f fileSource) TryReadBatch(b *recv.Batch) error { return f.ReadBatch(b) }

// Wait returns at once: there is always something to read, if only the end.
func (f fileSource) Wait() error { return nil }

// source reads one capture.
type source struct {
	path   string
	file   *os.File
	reader *pcap.Reader
	// foreign and lost are as of the last batch.
	foreign, lost int64
	// arena holds a batch's payload, which the reader lends only until its next datagram.
	arena []byte
}

// ReadBatch adds the next datagrams.
func (s *source) ReadBatch(b *recv.Batch) error {
	s.arena = s.arena[:0]
	err := s.fill(b)
	foreign := s.reader.Foreign().Total()
	b.Foreign += foreign - s.foreign
	s.foreign = foreign
	losses := s.reader.Losses()
	lost := losses.System + losses.Writer
	b.KernelDrops += lost - s.lost
	s.lost = lost
	return err
}

func (s *source) fill(b *recv.Batch) error {
	for range batchDatagrams {
		d, err := s.reader.Next()
		if err != nil {
			return s.ended(err)
		}
		switch {
		case d.Refusal != spead.Accepted:
			b.Refuse(d.Refusal)
		case len(d.Payload) == 0:
			b.Refuse(spead.RefusedEmpty)
		case len(d.Payload) >= lentBytes:
			b.Add(d.Payload)
			return nil
		default:
			// If the arena moves here, the datagrams before stay valid where it was.
			start := len(s.arena)
			s.arena = append(s.arena, d.Payload...)
			b.Add(s.arena[start:len(s.arena):len(s.arena)])
		}
		if len(s.arena) >= batchBytes {
			break
		}
	}
	return nil
}

// ended gives the error with which the source ends.
func (s *source) ended(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.Is(err, os.ErrClosed):
		return net.ErrClosed
	}
	return fmt.Errorf("%s: %w", s.path, err)
}

// Close closes the file, also while it is read.
func (s *source) Close() error { return s.file.Close() }
