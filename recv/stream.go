// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"context"
	"errors"
	"io"
	"iter"
	"net"
	"net/netip"
	"sync"

	"github.com/gospead/spead/internal/assembler"
)

// Stream receives heaps from any number of sources. Packets of one heap may come from different
// sources. A source that ends, ends alone; the stream ends when all its sources have, or at a stop
// item, or when it is closed.
//
// Next, TryNext, Heaps, Stats and Close may be called from any goroutine.
type Stream struct {
	cfg    Config
	queue  *heapQueue
	ledger ledger
	memory allocator
	assembly
	readers sync.WaitGroup

	// returnedMu guards what consumers gave back and the readers haven't taken yet.
	returnedMu sync.Mutex
	returned   []*Heap

	// stateMu guards the stream's life cycle. It is not held while anything is waited for.
	stateMu sync.Mutex
	sources []Source
	addrs   []netip.AddrPort
	started bool
	closed  bool
	err     error
}

// NewStream returns a stream without sources. Add some, then Start it.
func NewStream(cfg Config) (*Stream, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Stream{cfg: cfg, queue: newHeapQueue(cfg.QueueHeaps)}
	s.memory = allocator{maxLength: cfg.MaxHeapLength, maxMemory: cfg.MaxMemory, maxPool: max(cfg.MaxPool, 0)}
	s.assembler = assembler.New(cfg.assembly(), &s.memory)
	return s, nil
}

// AddSource adds a source, which the stream owns from now on: if it can't be added, because the
// stream was started or closed, it is closed.
func (s *Stream) AddSource(src Source) error {
	return s.add(src, netip.AddrPort{})
}

func (s *Stream) add(src Source, addr netip.AddrPort) error {
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	if s.started || s.closed {
		return errors.Join(ErrStarted, src.Close())
	}
	s.sources = append(s.sources, src)
	if addr.IsValid() {
		s.addrs = append(s.addrs, addr)
	}
	return nil
}

// Addrs gives the local addresses of the UDP sources, in the order in which they were added.
func (s *Stream) Addrs() []netip.AddrPort {
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	return append([]netip.AddrPort(nil), s.addrs...)
}

// Start begins reading the sources, each in a goroutine of its own. A stream without sources ends at
// once.
func (s *Stream) Start() error {
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	if s.started || s.closed {
		return ErrStarted
	}
	s.started = true
	s.active = len(s.sources)
	if s.active == 0 {
		s.queue.finish()
	}
	for _, src := range s.sources {
		r := &reader{stream: s, source: src}
		s.readers.Go(r.run)
	}
	return nil
}

// Next waits for a heap. It returns ErrStopped after the last one of a stream that has ended, or
// ctx's error.
func (s *Stream) Next(ctx context.Context) (*Heap, error) {
	h, err := s.queue.pop(ctx)
	if err != nil {
		return nil, err
	}
	s.taken(h)
	return h, nil
}

// TryNext returns a heap if there is one, nil otherwise, and ErrStopped after the last.
func (s *Stream) TryNext() (*Heap, error) {
	h, finished := s.queue.tryPop()
	if finished {
		return nil, ErrStopped
	}
	if h != nil {
		s.taken(h)
	}
	return h, nil
}

// Heaps gives heaps until the stream has ended or ctx has. Err tells afterwards whether a source
// failed; the state of ctx tells the other.
func (s *Stream) Heaps(ctx context.Context) iter.Seq[*Heap] {
	return func(yield func(*Heap) bool) {
		for {
			h, err := s.Next(ctx)
			if err != nil || !yield(h) {
				return
			}
		}
	}
}

func (s *Stream) taken(h *Heap) {
	s.memory.handOver(h.inner.Payload())
	s.ledger.deliver(h.inner.Received())
}

// release takes a heap back from the consumer. The readers reuse it from their next batch on.
func (s *Stream) release(h *Heap) {
	s.memory.giveBack(h.inner.TakePayload())
	s.returnedMu.Lock()
	s.returned = append(s.returned, h)
	s.returnedMu.Unlock()
}

// Err returns the first error by which a source ended, nil if all ended in order or go on.
func (s *Stream) Err() error {
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	return s.err
}

// Stats returns what the stream has received so far: one consistent snapshot, as of the last batch.
func (s *Stream) Stats() Stats { return s.ledger.snapshot() }

// Close ends the stream and returns when its goroutines and sockets are gone. Heaps in progress are
// discarded and counted; heaps in the queue can still be taken. It may be called more than once.
func (s *Stream) Close() error {
	s.queue.close()
	err := s.closeSources()
	s.readers.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	return err
}

// closeSources makes all readers come to their end.
func (s *Stream) closeSources() error {
	s.stateMu.Lock()
	sources := s.sources
	s.sources, s.closed = nil, true
	s.stateMu.Unlock()
	var errs []error
	for _, src := range sources {
		errs = append(errs, src.Close())
	}
	return errors.Join(errs...)
}

// sourceEnded keeps the first error that isn't a matter of course.
func (s *Stream) sourceEnded(err error) {
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	if s.closed && errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
		return
	}
	s.cfg.Logger.Warn("source ended", "error", err)
	if s.err == nil {
		s.err = err
	}
}
