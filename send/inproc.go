// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/inproc"
	"github.com/gospead/spead/internal/wire"
)

// NewInproc returns a stream that writes packets into queues in this process, one per substream.
// Packets are copied. A full queue makes the stream wait, and Close gives up on a queue from which
// nothing is taken for 10 s; heaps sent to a stopped queue fail with inproc.ErrStopped. Closing the
// stream doesn't stop the queues: others may write to them too.
func NewInproc(cfg Config, queues ...*inproc.Queue) (*Stream, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(queues) == 0 {
		return nil, &spead.FieldError{Field: "send.NewInproc queues", Value: "none", Allowed: "at least one"}
	}
	if slices.Contains(queues, nil) {
		return nil, &spead.FieldError{Field: "send.NewInproc queues", Value: "nil", Allowed: "queues"}
	}
	return newStream(cfg, newInprocTransport(queues, defaultLinger), len(queues)), nil
}

// inprocTransport copies datagrams into queues.
type inprocTransport struct {
	queues      []*inproc.Queue
	lot         inproc.Lot
	linger      time.Duration
	keepWaiting func() bool // bound once: to bind it each time would allocate

	interrupted, expired  atomic.Bool
	timer                 atomic.Pointer[time.Timer] // runs once the stream is being closed
	calls, packets, waits atomic.Int64
}

func newInprocTransport(queues []*inproc.Queue, linger time.Duration) *inprocTransport {
	t := &inprocTransport{queues: queues, linger: linger}
	t.keepWaiting = t.wait
	return t
}

// WriteBatch hands over runs of datagrams for the same queue.
func (t *inprocTransport) WriteBatch(d []wire.Datagram) (n int, err error) {
	for n < len(d) {
		run := n + 1
		for run < len(d) && d[run].Substream == d[n].Substream {
			run++
		}
		added, err := t.queues[d[n].Substream].AddDatagrams(&t.lot, d[n:run], t.keepWaiting)
		t.calls.Add(1)
		t.packets.Add(int64(added))
		n += added
		switch {
		case errors.Is(err, inproc.ErrInterrupted) && t.expired.Load():
			return n, ErrClosed
		case errors.Is(err, inproc.ErrInterrupted):
			return n, nil
		case err != nil:
			return n, err
		}
		if timer := t.timer.Load(); timer != nil {
			timer.Reset(t.linger)
		}
	}
	return n, nil
}

// wait says whether to go on waiting for room.
func (t *inprocTransport) wait() bool {
	if t.interrupted.Swap(false) || t.expired.Load() {
		return false
	}
	t.waits.Add(1)
	return true
}

// Interrupt ends a wait for room.
func (t *inprocTransport) Interrupt() {
	t.interrupted.Store(true)
	t.wake()
}

// Hurry limits how long to wait for queues from which nothing is taken.
func (t *inprocTransport) Hurry() {
	t.timer.Store(time.AfterFunc(t.linger, func() {
		t.expired.Store(true)
		t.wake()
	}))
}

func (t *inprocTransport) wake() {
	for _, q := range t.queues {
		q.Interrupt()
	}
}

// TransportStats counts hand-overs as calls.
func (t *inprocTransport) TransportStats() TransportStats {
	return TransportStats{Calls: t.calls.Load(), Packets: t.packets.Load(), Waits: t.waits.Load()}
}

func (t *inprocTransport) Close() error {
	if timer := t.timer.Load(); timer != nil {
		timer.Stop()
	}
	t.expired.Store(true)
	t.wake()
	return nil
}
