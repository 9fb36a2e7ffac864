// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"time"

	"github.com/gospead/spead"
)

// report logs what was refused, discarded and lost, summed up over intervals, until the stream has
// ended. It looks at the figures from time to time; however slow the logger is, receiving doesn't
// wait for it.
func (s *Stream) report() {
	ticks := time.NewTicker(s.cfg.LogInterval)
	defer ticks.Stop()
	var before Stats
	for {
		over := false
		select {
		case <-ticks.C:
		case <-s.over:
			over = true
		}
		now := s.Stats()
		s.logChanges(&before, &now)
		if over {
			return
		}
		before = now
	}
}

// logChanges writes a line for each count that has grown.
func (s *Stream) logChanges(before, now *Stats) {
	line := func(message, reason string, count, was int64) {
		switch {
		case count == was:
		case reason == "":
			s.cfg.Logger.Warn(message, "count", count-was, "total", count)
		default:
			s.cfg.Logger.Warn(message, "reason", reason, "count", count-was, "total", count)
		}
	}
	// What follows a stop item is in the nature of things, and so is the stop heap. What a placement
	// rejects, its user has decided.
	for reason, count := range now.Refused.All() {
		if reason != spead.RefusedStopped {
			line("packets refused", reason.String(), count, before.Refused[reason])
		}
	}
	for reason, count := range now.HeapsDiscarded.All() {
		if reason != DiscardStopHeap && reason != DiscardRejected {
			line("heaps discarded", reason.String(), count, before.HeapsDiscarded[reason])
		}
	}
	line("packets dropped by the kernel", "", now.KernelDrops, before.KernelDrops)
	if now.HeapsUnseen > before.HeapsUnseen {
		line("heaps never seen", "", now.HeapsUnseen, before.HeapsUnseen)
	}
}
