// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"context"
	"iter"
)

// Next waits for a heap. It returns ErrStopped after the last one of a stream that has ended, or
// ctx's error. While it waits, it reads the stream's sources itself. With Config.OnHeap there are no
// heaps to wait for but the end.
func (s *Stream) Next(ctx context.Context) (*Heap, error) {
	if s.cfg.OnHeap != nil {
		return nil, s.waitForEnd(ctx)
	}
	if err := s.await(ctx); err != nil {
		return nil, err
	}
	h := s.pop()
	s.leave()
	s.baton.Unlock()
	return h, nil
}

// await runs the loop, or waits, until there is something for the consumer. It returns ErrStopped if
// nothing comes any more, or ctx's error; without an error, the baton is held.
func (s *Stream) await(ctx context.Context) error {
	for {
		s.lock()
		idle := !s.hasResult() && !s.ended && s.advance(errand{one: true})
		switch {
		case s.hasResult():
			return nil
		case s.ended:
			s.baton.Unlock()
			return ErrStopped
		case !idle && !s.mustWait():
			s.baton.Unlock() // somebody else wants it
		default:
			if err := s.wait(ctx); err != nil {
				return err
			}
		}
	}
}

// waitForEnd waits until the stream has ended, while others run the loop.
func (s *Stream) waitForEnd(ctx context.Context) error {
	select {
	case <-s.over:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TryNext returns a heap if there is one or what has arrived makes one, nil otherwise, and ErrStopped
// after the last.
func (s *Stream) TryNext() (*Heap, error) {
	s.lock()
	defer s.baton.Unlock()
	if s.queue.Count() == 0 && !s.ended && s.cfg.OnHeap == nil {
		s.advance(errand{one: true})
	}
	h := s.pop()
	s.leave()
	if h == nil && s.ended {
		return nil, ErrStopped
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

// errand is how far the loop shall go: until there is something for the consumer, or until there is
// no room for more.
type errand struct{ one bool }

// done says whether the loop shall return.
func (s *Stream) done(e errand) bool {
	return s.hurry.Load() || e.one && s.hasResult() || (!e.one || s.chunks != nil) && s.mustWait()
}

// lock takes the baton. If another goroutine has it, that one gives it back soon.
func (s *Stream) lock() {
	if s.baton.TryLock() {
		return
	}
	s.hurry.Store(true)
	s.baton.Lock()
	s.hurry.Store(false)
}

// pop takes a heap out of the queue for the consumer, or gives nil.
func (s *Stream) pop() *Heap {
	h, ok := s.queue.Pop()
	if !ok {
		return nil
	}
	s.deliver(h)
	if s.blocked > 0 && !s.queue.Full() {
		signal(s.room)
	}
	return h
}

// leave is what a consumer does before it goes away with a heap: the stream's own goroutine has to
// look after the sources, and other consumers may find something.
func (s *Stream) leave() {
	s.visits++
	if s.parked {
		s.parked = false
		signal(s.keeperWake)
	}
	if s.waiting.Load() > 0 {
		signal(s.wake)
	}
}

// wait waits until there may be something to do, awake as long as that is likely to be soon.
// Preconditions: the baton is held; it isn't any more afterwards.
func (s *Stream) wait(ctx context.Context) error {
	s.waiting.Add(1)
	// Where the loop waits for the user to recycle a chunk, sources have nothing to say.
	dry := s.mustWait()
	if d, who := s.nap(); d > 0 && !dry {
		s.baton.Unlock()
		rest(d, who)
		s.waiting.Add(-1)
		return ctx.Err()
	}
	if !dry {
		s.arm()
	}
	s.baton.Unlock()
	var err error
	select {
	case <-s.wake:
	case <-s.over:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if s.waiting.Add(-1) > 0 && err != nil {
		signal(s.wake)
	}
	return err
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
