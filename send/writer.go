// SPDX-License-Identifier: Apache-2.0

package send

import (
	"io"

	"github.com/gospead/spead/internal/wire"
)

// NewWriter returns a stream that writes packets to w one after the other with nothing between them,
// as recv's memory source reads them: into a bytes.Buffer, for instance. w is used by the stream's
// goroutine alone until Close has returned; it is not closed. A write that fails or is short fails
// its heap.
func NewWriter(cfg Config, w io.Writer) (*Stream, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return newStream(cfg, &writerTransport{w: w}, 1), nil
}

// writerTransport gathers each packet and writes it with one call.
type writerTransport struct {
	w      io.Writer
	packet []byte
}

func (t *writerTransport) WriteBatch(d []wire.Datagram) (int, error) {
	for i := range d {
		t.packet = d[i].AppendTo(t.packet[:0])
		n, err := t.w.Write(t.packet)
		if err == nil && n < len(t.packet) {
			err = io.ErrShortWrite
		}
		if err != nil {
			return i, err
		}
	}
	return len(d), nil
}

func (t *writerTransport) Close() error { return nil }
