// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"fmt"
	"math"
	"sync/atomic"
)

// Stats returns what the stream has received so far: one consistent snapshot. Called by a function of
// the configuration, which the loop waits for, it is as of the last batch, and leaves out Sources and
// Senders.
func (s *Stream) Stats() Stats {
	if s.cfg.OnHeap == nil {
		s.lock()
	} else if !s.baton.TryLock() {
		s.shownMu.Lock()
		defer s.shownMu.Unlock()
		return s.withCustom(s.shown)
	}
	defer s.baton.Unlock()
	st := s.withCustom(s.snapshot())
	for _, in := range s.intakes {
		st.Sources = append(st.Sources, in.traffic)
	}
	st.Senders = s.senders.appendTo(nil)
	return st
}

// withCustom adds the user's own figures.
func (s *Stream) withCustom(st Stats) Stats {
	for i := range s.custom {
		st.Custom = append(st.Custom, max(s.custom[i].Load(), 0))
	}
	return st
}

// Count changes the figure Config.Statistics[i]: it adds value, or keeps it if it is the largest so
// far. Any goroutine may call it, functions of the configuration too. It panics if there is no such
// figure.
func (s *Stream) Count(i int, value int64) {
	if s.cfg.Statistics[i].Mode == StatisticSum {
		s.custom[i].Add(value)
		return
	}
	for {
		old := s.custom[i].Load()
		if value <= old || s.custom[i].CompareAndSwap(old, value) {
			return
		}
	}
}

// newCustom gives the figures their first values: a largest value there isn't yet.
func newCustom(list []Statistic) []atomic.Int64 {
	custom := make([]atomic.Int64, len(list))
	for i := range list {
		if list[i].Mode == StatisticMax {
			custom[i].Store(math.MinInt64)
		}
	}
	return custom
}

// show is called at the end of a batch. It checks the figures, and makes them visible to those who
// can't have the baton, as they are called by whoever has it: the user's functions.
func (s *Stream) show() {
	if s.cfg.CheckAccounts {
		s.checkAccounts()
	}
	if s.cfg.OnHeap == nil {
		return
	}
	st := s.snapshot()
	s.shownMu.Lock()
	s.shown = st
	s.shownMu.Unlock()
}

// checkAccounts checks that all that was read is accounted for.
func (s *Stream) checkAccounts() {
	st := s.snapshot()
	err := st.Check()
	if waiting := s.waitingDatagrams(); err == nil && s.opened != st.PacketsSeen+waiting {
		err = fmt.Errorf("%w: packets read: %d, of which %d are accounted for", ErrAccounts, s.opened, st.PacketsSeen+waiting)
	}
	if err != nil {
		s.fail(err)
	}
}

// waitingDatagrams is how many datagrams were read but not taken.
func (s *Stream) waitingDatagrams() (n int64) {
	for _, in := range s.intakes {
		n += int64(len(in.batch.Datagrams) - in.next)
	}
	return n
}
