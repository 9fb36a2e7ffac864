// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"io"
	"sync/atomic"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/errno"
	"github.com/gospead/spead/internal/wire"
)

// gatherBytes is how many bytes of packets are gathered before they are written: few enough to stay in
// a processor's cache between being gathered and being written.
const gatherBytes = 256 << 10

// NewWriter returns a stream that writes packets to w one after the other with nothing between them,
// as recv's memory source reads them: into a bytes.Buffer, for instance. Each call of Write gets many
// packets, all of them whole. w is used by one goroutine at a time until Close has returned; it is not
// closed. When a write fails or is short, the heap of the packet at that point fails, the rest of this
// packet is left out, and later ones are written as if nothing had been.
func NewWriter(cfg Config, w io.Writer) (*Stream, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if w == nil {
		return nil, &spead.FieldError{Field: "send.NewWriter w", Value: "nil", Allowed: "a writer"}
	}
	return newStream(cfg, &writerTransport{w: w}, 1), nil
}

// writerTransport gathers packets and writes many with one call.
type writerTransport struct {
	w        io.Writer
	gathered []byte

	calls, packets atomic.Int64
	errnos         errno.Table
}

func (t *writerTransport) WriteBatch(d []wire.Datagram) (n int, err error) {
	for n < len(d) && err == nil {
		var left int
		left, err = t.write(d[n:])
		n += left
	}
	return n, err
}

// write writes as many of the datagrams as are gathered for one call, and gives the number of those
// that left whole.
func (t *writerTransport) write(d []wire.Datagram) (n int, err error) {
	t.gathered = t.gathered[:0]
	for i := range d {
		if i > 0 && len(t.gathered)+d[i].Size > gatherBytes {
			break
		}
		t.gathered = d[i].AppendTo(t.gathered)
	}
	bytes, err := t.w.Write(t.gathered)
	t.calls.Add(1)
	switch {
	case bytes < 0 || bytes > len(t.gathered):
		bytes, err = 0, errors.New("writer returned an invalid count")
	case err == nil && bytes < len(t.gathered):
		err = io.ErrShortWrite
	case bytes == len(t.gathered):
		err = nil // all that was asked for is done
	}
	n, within := whole(d, bytes)
	t.packets.Add(int64(n))
	if err != nil {
		t.errnos.Add(err)
		return n, &partialError{within, err}
	}
	return n, nil
}

// TransportStats counts calls of the writer.
func (t *writerTransport) TransportStats() TransportStats {
	return TransportStats{Calls: t.calls.Load(), Packets: t.packets.Load(), Errors: t.errnos.Counts()}
}

func (t *writerTransport) Close() error { return nil }
