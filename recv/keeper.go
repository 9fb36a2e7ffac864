// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"sync/atomic"
	"time"

	"github.com/gospead/spead/internal/nap"
)

const (
	// absence is how long the consumer has to be away before the stream's own goroutine takes over: less
	// than it takes to fill a socket's buffer, and more than it takes to use a heap.
	absence = 4 * time.Millisecond
	// napGap is up to which time between datagrams it pays to sleep a little rather than to be woken by
	// the next one: a wake-up costs as much as reading some datagrams. A nap lets napDatagrams come, but
	// isn't shorter or longer than it pays either.
	napGap       = 100 * time.Microsecond
	napDatagrams = 64
	napMin       = 200 * time.Microsecond
	napMax       = 800 * time.Microsecond
	// napShallow is how long to wait at most for a source that holds so little that waking up late would
	// lose something: contexts and Close aren't heeded meanwhile.
	napShallow = time.Millisecond
	// napsEnd is after what silence there are no more naps.
	napsEnd = 2 * time.Millisecond
)

// pace is how fast datagrams come.
type pace struct {
	last time.Time
	gap  time.Duration // between datagrams, averaged over some batches
}

// note notes that datagrams have come.
func (p *pace) note(now time.Time, datagrams int) {
	if !p.last.IsZero() && datagrams > 0 {
		p.gap += (now.Sub(p.last)/time.Duration(datagrams) - p.gap) / 4
	}
	p.last = now
}

// nap says how long to sleep when there is nothing: 0 if it is better to wait.
func (p *pace) nap(now time.Time) time.Duration {
	if p.gap > napGap || now.Sub(p.last) > napsEnd {
		return 0
	}
	return min(max(napDatagrams*p.gap, napMin), napMax)
}

// dozer is a Poller of which one knows how much it can hold.
type dozer interface {
	// deep says whether it holds so much that a sleep which lasts too long loses nothing.
	deep() bool
	// waitFor waits until there is something to read, but not longer than d.
	waitFor(d time.Duration)
}

// nap says how long to rest when no source has anything: 0 if it is better to be woken by a guard. If
// who isn't nil, that source must not be slept over, as it can't hold much. Preconditions: the baton is
// held.
func (s *Stream) nap() (d time.Duration, who dozer) {
	if d = s.pace.nap(time.Now()); d == 0 {
		return 0, nil
	}
	sources, deep := 0, true
	for _, in := range s.intakes {
		if in.poller == nil || in.isDone() {
			continue
		}
		z, ok := in.poller.(dozer)
		if !ok {
			return 0, nil
		}
		who, deep = z, deep && z.deep()
		sources++
	}
	switch {
	case sources > 0 && deep:
		return d, nil
	case sources == 1:
		return napShallow, who
	}
	return 0, nil
}

// rest rests as nap said.
func rest(d time.Duration, who dozer) {
	if who == nil {
		nap.Sleep(d)
	} else {
		who.waitFor(d)
	}
}

// guard is a goroutine that waits until a source has something to read.
type guard struct {
	alarm chan struct{}
	armed atomic.Bool
}

// watch is what a source's guard does.
func (s *Stream) watch(in *intake) {
	for {
		select {
		case <-in.guard.alarm:
		case <-s.over:
			return
		}
		_ = in.poller.Wait() // what is wrong, reading will tell
		in.guard.armed.Store(false)
		s.notify()
	}
}

// arm has the guards wait for datagrams. Preconditions: the baton is held.
func (s *Stream) arm() {
	s.refresh()
	for _, in := range s.intakes {
		if in.poller != nil && !in.isDone() && in.guard.armed.CompareAndSwap(false, true) {
			signal(in.guard.alarm)
		}
	}
}

// notify wakes a consumer that waits or, if none does, the stream's own goroutine.
func (s *Stream) notify() {
	if s.waiting.Load() > 0 {
		signal(s.wake)
	} else {
		signal(s.keeperWake)
	}
}

// keep is the stream's own goroutine: it runs the loop while no consumer does.
func (s *Stream) keep() {
	timer := time.NewTimer(absence)
	defer timer.Stop()
	var visits int64
	for {
		select {
		case <-timer.C:
		case <-s.over:
			return
		}
		if s.look(&visits) {
			select {
			case <-s.keeperWake:
			case <-s.over:
				return
			}
		}
		timer.Reset(absence)
	}
}

// look sees whether consumers are away, and stands in for them. visits is how many there had been the
// last time. wait says that there is nothing to do until keeperWake.
func (s *Stream) look(visits *int64) (wait bool) {
	if !s.baton.TryLock() {
		return false // somebody is there
	}
	defer s.baton.Unlock()
	switch {
	case s.waiting.Load() > 0:
		s.parked = true
	case s.visits != *visits:
		*visits, s.parked = s.visits, false
	default:
		s.parked = s.standIn()
	}
	return s.parked
}

// standIn runs the loop in place of consumers. wait says that there is nothing to do for now.
// Preconditions: the baton is held.
func (s *Stream) standIn() (wait bool) {
	idle := s.advance(errand{})
	switch {
	case s.ended:
		return false
	case s.mustWait():
		if s.visits != s.blockedAt {
			s.blockedAt = s.visits
			s.work.WorkerBlocked++
		}
		return true
	case idle:
		s.arm()
		return true
	}
	return false
}

// serve is the stream's own goroutine where heaps go to Config.OnHeap: it runs the loop all the time.
func (s *Stream) serve() {
	for {
		s.lock()
		idle := s.advance(errand{})
		if s.ended {
			s.baton.Unlock()
			return
		}
		if s.mustWait() {
			s.work.WorkerBlocked++
			s.show()
			s.baton.Unlock()
			s.chunks.makeRoom()
			select {
			case <-s.keeperWake:
			case <-s.over:
			}
			continue
		}
		if !idle {
			s.baton.Unlock()
			continue
		}
		if d, who := s.nap(); d > 0 {
			s.baton.Unlock()
			rest(d, who)
			continue
		}
		s.arm()
		s.baton.Unlock()
		select {
		case <-s.keeperWake:
		case <-s.over:
			return
		}
	}
}

// push reads a source that isn't a Poller until it or the stream ends.
func (s *Stream) push(in *intake) {
	var read Batch
	for {
		read.reset()
		err := in.source.ReadBatch(&read)
		s.lock()
		in.batch, read = read, in.batch
		s.open(in, err)
		s.takeAll(in)
		s.endIfDone()
		over := in.ended || s.ended
		some := s.hasResult()
		s.baton.Unlock()
		if some {
			s.notify()
		}
		if over {
			return
		}
	}
}

// takeAll takes a batch, waiting for room in the queue. Preconditions: the baton is held; it is not
// while waiting.
func (s *Stream) takeAll(in *intake) {
	if s.ended {
		s.abandon(in)
	}
	for in.pending() {
		if !s.mustWait() {
			s.take(in)
			continue
		}
		s.work.WorkerBlocked++
		s.blocked++
		s.show()
		s.baton.Unlock()
		s.notify()
		if s.chunks != nil {
			s.chunks.makeRoom()
		}
		select {
		case <-s.room:
		case <-s.over:
		}
		s.lock()
		s.blocked--
		if s.blocked > 0 && !s.mustWait() {
			signal(s.room)
		}
	}
}
