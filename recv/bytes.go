// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"io"
	"net"
	"sync/atomic"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/framing"
)

// AddReader adds packets that lie one after the other in what r gives: a pipe, a file, a connection.
// Where no packet begins, it looks for the next one; each such place counts once in Stats.Refused and
// with all its bytes in Stats.SkippedBytes, as does a packet longer than 1 MiB. The source ends with r.
// If r is an io.Closer it is closed with the stream, which has to make a waiting Read return; an r that
// isn't one must not wait forever.
func (s *Stream) AddReader(r io.Reader) error {
	const packetMax = 1 << 20
	return s.AddSource(&byteSource{reader: r, cutter: framing.NewCutter(packetMax)})
}

// byteSource cuts packets out of a stream of bytes.
type byteSource struct {
	reader  io.Reader
	cutter  *framing.Cutter
	skipped int64 // as of the last batch
	closed  atomic.Bool
}

func (s *byteSource) ReadBatch(b *Batch) error {
	_, err := s.cutter.ReadOnce(s.reader)
	s.cut(b, err)
	if err != nil && s.closed.Load() {
		return net.ErrClosed // whatever a reader says that was closed
	}
	return err
}

// cut adds the packets that are there to a batch. With an error, no bytes come any more.
func (s *byteSource) cut(b *Batch, err error) {
	for {
		packet, refusal, ok := s.cutter.Next()
		switch {
		case !ok && err != nil:
			if refusal, left := s.cutter.End(); left {
				b.Refuse(refusal)
			}
			fallthrough
		case !ok:
			b.Skipped += s.cutter.Skipped() - s.skipped
			s.skipped = s.cutter.Skipped()
			return
		case refusal != spead.Accepted:
			b.Refuse(refusal)
		default:
			b.Add(packet)
		}
	}
}

func (s *byteSource) Close() error {
	s.closed.Store(true)
	closer, ok := s.reader.(io.Closer)
	if !ok {
		return nil
	}
	if err := closer.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// AddMemory adds packets that lie one after the other in b, as send.NewWriter writes them. As in
// spead2, the source ends at the first packet that can't be decoded, which is counted: nothing tells
// where the next would begin. b must not be changed until the stream has ended.
func (s *Stream) AddMemory(b []byte) error { return s.AddSource(&memorySource{rest: b}) }

// memorySource gives all of its memory at once.
type memorySource struct {
	rest []byte
}

func (m *memorySource) ReadBatch(b *Batch) error { return m.TryReadBatch(b) }

func (m *memorySource) TryReadBatch(b *Batch) error {
	b.row, m.rest = m.rest, nil
	return io.EOF
}

func (m *memorySource) Wait() error { return nil }

func (m *memorySource) Close() error { return nil }
