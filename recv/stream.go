// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/cnts"
	"github.com/gospead/spead/internal/mem"
	"github.com/gospead/spead/internal/ring"
)

// Stream receives heaps from any number of sources. Packets of one heap may come from different
// sources. A source that ends, ends alone; the stream ends when all its sources have, or at a stop
// item, or when it is closed.
//
// Next, TryNext, Heaps, Stats and Close may be called from any goroutine.
type Stream struct {
	cfg    Config
	memory allocator

	// baton guards the loop's state: who holds it runs the loop. It isn't held while anything is waited
	// for. hurry asks the holder to give it back after the next datagram.
	baton sync.Mutex
	hurry atomic.Bool
	loop
	visits    int64 // how often consumers have left with what they came for
	parked    bool  // the stream's own goroutine waits for keeperWake
	blocked   int   // goroutines that wait for room in the queue
	blockedAt int64 // the visits at which the queue was found full last

	waiting atomic.Int32 // consumers that wait for something to do
	// wake, keeperWake and room wake a consumer that waits, the stream's own goroutine, and one that
	// waits for room. They hold at most one token each; who takes one and finds that there is more to be
	// had passes it on.
	wake, keeperWake, room chan struct{}
	over                   chan struct{} // closed when the stream has ended
	goroutines             sync.WaitGroup

	// shownMu guards the figures for those who can't have the baton.
	shownMu sync.Mutex
	shown   Stats

	closing atomic.Bool
	// stateMu guards the stream's life cycle. It is not held while anything is waited for, and not
	// together with the baton but by whoever has that already.
	stateMu sync.Mutex
	sources []Source
	addrs   []netip.AddrPort
	// sourceAddrs is what each source listens on, if it does.
	sourceAddrs []netip.AddrPort
	started     bool
	closed      bool
	err         error

	custom []atomic.Int64 // the figures of Config.Statistics
	chunks *chunkIntake   // instead of queue and memory, in a ChunkStream
}

// NewStream returns a stream without sources. Add some, then Start it.
func NewStream(cfg Config) (*Stream, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return newStream(cfg, nil), nil
}

// newStream returns a stream of heaps or, with an intake of chunks, one that fills those.
func newStream(cfg Config, chunks *chunkIntake) *Stream {
	s := &Stream{
		chunks:     chunks,
		cfg:        cfg,
		wake:       make(chan struct{}, 1),
		keeperWake: make(chan struct{}, 1),
		room:       make(chan struct{}, 1),
		over:       make(chan struct{}),
		blockedAt:  -1,
	}
	s.queue = ring.NewQueue[*Heap](cfg.QueueHeaps, cfg.QueueBytes)
	s.senders = newSenders(cfg.MaxSenders)
	s.custom = newCustom(cfg.Statistics)
	if cfg.CntStep > 0 {
		s.seen.sequence = cnts.NewSequence(cfg.CntStep)
	}
	s.memory = allocator{
		maxLength: cfg.MaxHeapLength, maxMemory: cfg.MaxMemory, user: cfg.Allocator,
		whole: cfg.Scatter != nil, scatter: cfg.Scatter,
		pool: mem.Pool{BytesMax: max(cfg.MaxPool, 0), Huge: cfg.HugePages},
	}
	for _, r := range cfg.Reserve {
		s.memory.pool.Reserve(r.HeapBytes, r.Heaps)
	}
	s.newAssembler()
	return s
}

// newAssembler gives the loop an assembler without heaps. Preconditions: the stream isn't started.
func (s *Stream) newAssembler() {
	var placer assembler.Placer = &s.memory
	switch {
	case s.chunks != nil:
		placer = s.chunks.placer.asPlacer()
	case s.cfg.Scatter != nil:
		placer = scatterer{&s.memory}
	}
	s.assembler = assembler.New(s.cfg.assembly(), placer)
	if s.chunks != nil {
		s.chunks.placer.joins(s)
	}
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
	s.sourceAddrs = append(s.sourceAddrs, addr)
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

// Start begins reading the sources. A stream without sources ends at once.
func (s *Stream) Start() error {
	s.lock()
	defer s.baton.Unlock()
	s.stateMu.Lock()
	if s.started || s.closed {
		s.stateMu.Unlock()
		return ErrStarted
	}
	s.started = true
	sources, addrs := s.sources, s.sourceAddrs
	s.stateMu.Unlock()
	s.active = len(sources)
	polled := false
	for i, src := range sources {
		in := &intake{source: src, traffic: Traffic{Addr: addrs[i]}}
		s.intakes = append(s.intakes, in)
		var ok bool
		if in.poller, ok = src.(Poller); !ok {
			s.goroutines.Go(func() { s.push(in) })
			continue
		}
		polled = true
		in.joinPort()
		in.guard.alarm = make(chan struct{}, 1)
		s.goroutines.Go(func() { s.watch(in) })
	}
	switch {
	case s.active == 0:
		s.end()
	case polled && s.calls():
		s.goroutines.Go(s.serve)
	case polled:
		s.goroutines.Go(s.keep)
	}
	if s.cfg.Logger != nil {
		s.goroutines.Go(s.report)
	}
	if s.waiting.Load() > 0 {
		signal(s.wake)
	}
	return nil
}

// release takes a heap back from the consumer.
func (s *Stream) release(h *Heap) { s.memory.release(h) }

// Err returns the first error by which a source ended, nil if all ended in order or go on.
func (s *Stream) Err() error {
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	return s.err
}

// Stop ends the stream in order, as if its sources had ended: they are closed, what was read from them
// is taken, and heaps in progress are flushed. Consumers get all of it before Next returns ErrStopped.
// It doesn't wait for that. Close is still to be called.
func (s *Stream) Stop() error {
	err := s.closeSources()
	s.lock()
	if len(s.intakes) == 0 {
		s.end()
	}
	s.baton.Unlock()
	signal(s.wake)
	signal(s.keeperWake)
	return err
}

// Close ends the stream and returns when its goroutines and sockets are gone. Heaps in progress are
// discarded and counted; heaps in the queue can still be taken. It may be called more than once, but
// not by Config.OnHeap.
func (s *Stream) Close() error {
	s.closing.Store(true)
	err := s.closeSources()
	s.lock()
	s.end()
	s.baton.Unlock()
	s.goroutines.Wait()
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
	s.note("source ended", err)
}

// fail keeps an error that isn't a source's.
func (s *Stream) fail(err error) {
	s.stateMu.Lock()
	defer s.stateMu.Unlock()
	s.note("receive stream failed", err)
}

// note keeps the first error, and logs all. Preconditions: stateMu is held.
func (s *Stream) note(message string, err error) {
	if s.cfg.Logger != nil {
		s.cfg.Logger.Warn(message, "error", err)
	}
	if s.err == nil {
		s.err = err
	}
}
