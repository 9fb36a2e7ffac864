// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gospead/spead/recv"
)

// patience is how long a heap may be under way before it is taken to be lost.
const patience = 2 * time.Second

// seedChecker receives the heaps of a seed and compares every sample.
type seedChecker struct {
	stream *recv.Stream
	size   int64

	received atomic.Int64
	changed  chan struct{}
	finished chan struct{}
	fault    error // the first; to be read when finished
}

// measureVerified is a run whose every sample is compared.
func (o *Send) measureVerified(ctx context.Context, size int64) (Run, error) {
	s, err := newSeedChecker(size)
	if err != nil {
		return Run{}, err
	}
	defer s.stream.Close()
	go s.consume(o.Heaps(size))
	r, err := o.runSeed(ctx, s.addr(), size, s.admit)
	if err != nil {
		return r, err
	}
	select {
	case <-s.finished:
	case <-time.After(patience):
		s.stream.Close()
		<-s.finished
	}
	if s.fault == nil && s.received.Load() != o.Heaps(size) {
		s.fault = fmt.Errorf("%d of %d heaps were received", s.received.Load(), o.Heaps(size))
	}
	return r, s.fault
}

func newSeedChecker(size int64) (*seedChecker, error) {
	stream, err := recv.NewStream(recv.Config{MaxMemory: 8 * (size + 1<<28)})
	if err != nil {
		return nil, err
	}
	s := &seedChecker{stream: stream, size: size, changed: make(chan struct{}, 1), finished: make(chan struct{})}
	if err := stream.AddUDP(recv.UDPConfig{Address: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0), BufferSize: 64 << 20}); err != nil {
		stream.Close()
		return nil, err
	}
	return s, stream.Start()
}

func (s *seedChecker) addr() netip.AddrPort { return s.stream.Addrs()[0] }

// admit waits until the receiver has all but the batch to be sent next: there is one batch under way
// at a time, which the socket's buffer holds or, of large heaps, the receiver keeps up with.
func (s *seedChecker) admit(heaps int64) error {
	perBatch := max(2, seedBatchBytes/s.size)
	for s.received.Load() < heaps-perBatch {
		select {
		case <-s.changed:
		case <-s.finished:
			return s.fault
		case <-time.After(patience):
			return fmt.Errorf("%d of %d heaps were received", s.received.Load(), heaps-perBatch)
		}
	}
	return nil
}

func (s *seedChecker) consume(heaps int64) {
	defer close(s.finished)
	for h := range s.stream.Heaps(context.Background()) {
		i := s.received.Load()
		err := s.check(h, i)
		h.Release()
		if err != nil {
			s.fault = err
			return
		}
		s.received.Store(i + 1)
		select {
		case s.changed <- struct{}{}:
		default:
		}
		if i+1 == heaps {
			return
		}
	}
}

// check compares heap number i.
func (s *seedChecker) check(h *recv.Heap, i int64) error {
	found := 0
	for item := range h.Items() {
		switch item.ID {
		case timestampItem:
			var b [8]byte
			copy(b[3:], item.Value)
			if got := binary.BigEndian.Uint64(b[:]); got != uint64(i*s.size) {
				return fmt.Errorf("heap %d has the timestamp %d, want %d", i, got, i*s.size)
			}
			found++
		case samplesItem:
			if err := s.checkSamples(item.Value, i); err != nil {
				return err
			}
			found++
		}
	}
	if found != 2 {
		return fmt.Errorf("heap %d has %d of 2 items", i, found)
	}
	return nil
}

func (s *seedChecker) checkSamples(samples []byte, i int64) error {
	if int64(len(samples)) != s.size {
		return fmt.Errorf("heap %d has %d samples, want %d", i, len(samples), s.size)
	}
	for at, v := range samples {
		if v != byte(i) {
			return fmt.Errorf("heap %d: sample %d is %d, want %d", i, at, v, byte(i))
		}
	}
	return nil
}
