// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/bench"
	"github.com/gospead/spead/internal/pattern"
	"github.com/gospead/spead/recv"
)

const (
	// quiet is how long nothing may come, after all was sent, before nothing is expected any more, and
	// quietStep how often that is looked at. settleMax is how long it is waited at most: packets that
	// aren't the controller's may come without end.
	quiet     = 250 * time.Millisecond
	quietStep = 25 * time.Millisecond
	settleMax = 5 * time.Second
)

// reception receives the heaps of a run.
type reception struct {
	setup  *Setup
	stream *recv.Stream
	trial  trial
	// seen has a bit for each heap of the run that came, in blocks that are made as heaps come.
	seen map[uint64]*[seenBlock / 64]uint64

	received Received
	// whole is received.Heaps, for others to read.
	whole    atomic.Int64
	finished chan struct{}
}

// seenBlock is how many heaps a block of reception.seen tells apart.
const seenBlock = 1 << 15

// open opens a fresh socket.
func (s *session) open(setup *Setup, t trial) (*reception, error) {
	stream, err := recv.NewStream(recv.Config{
		MaxHeaps: setup.MaxHeaps, QueueHeaps: setup.QueueHeaps, MaxHeapLength: setup.HeapSize,
		MaxMemory: memoryMax, MaxItems: setup.Items + 16, MaxSenders: -1,
	})
	if err != nil {
		return nil, err
	}
	err = stream.AddUDP(recv.UDPConfig{
		Address: s.address(), BufferSize: setup.ReceiveBuffer, Sockets: setup.Sockets, MaxPacketSize: setup.PacketSize,
	})
	if err != nil {
		stream.Close()
		return nil, err
	}
	return &reception{setup: setup, stream: stream, trial: t, seen: map[uint64]*[seenBlock / 64]uint64{},
		finished: make(chan struct{})}, nil
}

// receive is a run: it answers when it is ready, and again with what has come.
func (s *session) receive(ctx context.Context, t *trial) error {
	if !(t.Seconds > 0 && t.Seconds <= trialMax.Seconds()) {
		return fmt.Errorf("a run of %v s was asked for; up to %v s are possible", t.Seconds, trialMax.Seconds())
	}
	r, err := s.open(s.setup, *t)
	if err != nil {
		return err
	}
	defer r.stream.Close()
	if err := r.stream.Start(); err != nil {
		return err
	}
	used := bench.ProcessorTime()
	go r.consume()
	err = s.lines.write(answer{Ready: &ready{Port: r.stream.Addrs()[0].Port()}})
	var end sent
	if err == nil {
		end, err = s.awaitEnd(t)
	}
	if err == nil {
		err = r.settle(ctx, end.Heaps, r.packets)
	}
	r.stream.Close()
	<-r.finished
	if err := errors.Join(err, r.stream.Err()); err != nil {
		return err
	}
	s.trials++
	stats := r.stream.Stats()
	r.received.note(&stats)
	r.received.Processor = (bench.ProcessorTime() - used).Seconds()
	return s.lines.write(answer{Received: &r.received})
}

// awaitEnd waits until the controller has sent all.
func (s *session) awaitEnd(t *trial) (sent, error) {
	line, err := s.lines.read(time.Duration(t.Seconds*float64(time.Second)) + patience)
	if err != nil {
		return sent{}, err
	}
	var r request
	if err := decode(line, &r); err != nil {
		return sent{}, fmt.Errorf("no request of a controller: %w", err)
	}
	if r.Sent == nil || r.Sent.Heaps < 0 {
		return sent{}, errors.New("a request out of turn")
	}
	return *r.Sent, nil
}

// packets is how many packets have come.
func (r *reception) packets() int64 { return r.stream.Stats().PacketsSeen }

// settle waits until all has come or nothing comes any more.
func (r *reception) settle(ctx context.Context, heaps int64, came func() int64) error {
	ticker := time.NewTicker(quietStep)
	defer ticker.Stop()
	packets, since, all := int64(-1), time.Duration(0), time.Duration(0)
	for r.whole.Load() < heaps && since < quiet && all < settleMax {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.finished:
			return nil
		case <-ticker.C:
		}
		since += quietStep
		all += quietStep
		if n := came(); n != packets {
			packets, since = n, 0
		}
	}
	return nil
}

// consume takes heaps until the stream is closed.
func (r *reception) consume() {
	defer close(r.finished)
	for {
		h, err := r.stream.Next(context.Background())
		if err != nil {
			return
		}
		r.take(h)
		h.Release()
	}
}

func (r *reception) take(h *recv.Heap) {
	at := uint64(h.Cnt()) - r.trial.First
	if uint64(h.Cnt()) < r.trial.First || h.IsStop() {
		r.received.Foreign++
		return
	}
	block := r.seen[at/seenBlock]
	if block == nil {
		if len(r.seen) >= memoryMax/(seenBlock*64) { // what no controller sends, but somebody else may
			r.received.Foreign++
			return
		}
		block = new([seenBlock / 64]uint64)
		r.seen[at/seenBlock] = block
	}
	bit := uint64(1) << (at % 64)
	if block[at%seenBlock/64]&bit != 0 {
		r.received.Repeated++
		return
	}
	block[at%seenBlock/64] |= bit
	if !r.isRight(h) {
		r.received.Differing++
		return
	}
	r.received.Heaps++
	r.whole.Add(1)
}

// isRight says whether a heap is as it was sent: of the right length, and of the right contents if they
// are to be verified.
func (r *reception) isRight(h *recv.Heap) bool {
	if h.Received() != r.setup.HeapSize {
		return false
	}
	if !r.setup.Verify {
		return true
	}
	items, position := 0, r.setup.position(uint64(h.Cnt()))
	for item := range h.Items() {
		if item.ID < firstItem {
			continue
		}
		if item.ID != firstItem+spead.ItemID(items) || pattern.Differs(item.Value, position) >= 0 {
			return false
		}
		position += uint64(len(item.Value) / pattern.WordBytes)
		items++
	}
	return items == r.setup.Items
}

// isGone says whether a connection has ended as it may.
func isGone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, os.ErrDeadlineExceeded)
}
