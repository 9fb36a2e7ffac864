// SPDX-License-Identifier: Apache-2.0

package send

import (
	"github.com/gospead/spead"
	"github.com/gospead/spead/inproc"
	"github.com/gospead/spead/internal/wire"
)

// NewInproc returns a stream that writes packets into queues in this process, one per substream.
// Packets are copied. A full queue makes the stream wait; heaps sent to a stopped queue fail with
// inproc.ErrStopped. Closing the stream doesn't stop the queues: others may write to them too.
func NewInproc(cfg Config, queues ...*inproc.Queue) (*Stream, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(queues) == 0 {
		return nil, &spead.FieldError{Field: "send.NewInproc queues", Value: "none", Allowed: "at least one"}
	}
	return newStream(cfg, inprocTransport{queues}, len(queues)), nil
}

// inprocTransport copies datagrams into queues.
type inprocTransport struct {
	queues []*inproc.Queue
}

func (t inprocTransport) WriteBatch(d []wire.Datagram) (int, error) {
	for i := range d {
		if err := t.queues[d[i].Substream].AddParts(d[i].Header, d[i].Payload); err != nil {
			return i, err
		}
	}
	return len(d), nil
}

func (t inprocTransport) Close() error { return nil }
