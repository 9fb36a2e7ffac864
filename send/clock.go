// SPDX-License-Identifier: Apache-2.0

package send

import (
	"runtime"
	"time"

	"github.com/gospead/spead/internal/nap"
)

const (
	// timerLate is what Go's timers oversleep on an idle process: the granularity of epoll.
	timerLate = 2 * time.Millisecond

	// The bounds of a window, and what it is before anything was measured.
	leastWindow = 20 * time.Microsecond
	mostWindow  = 2 * time.Millisecond
	firstWindow = 60 * time.Microsecond
	// A window grows by windowUp when a wake-up was later than it, and shrinks by windowDown when not: it
	// settles where one in fifty is later. However late one was, it counts as much as any other: the
	// sender was kept from running, which a larger window wouldn't have helped.
	windowUp   = 5 * time.Microsecond
	windowDown = windowUp / 49
	// leastNap is what is worth sleeping for.
	leastNap = 10 * time.Microsecond
	// yieldWorth is how long a wait has to be for other goroutines to be let run before it: the caller
	// that waits for what was just sent may be next on this processor.
	yieldWorth = 5 * time.Microsecond
)

// clock waits for times that it gives in nanoseconds since it was made.
type clock struct {
	start time.Time
	// interrupted ends a wait early; it holds at most one token.
	interrupted chan struct{}
	timer       *time.Timer
	wakeups     wakeups
	// alone says that nothing else runs while this goroutine looks at the clock.
	alone bool
}

func newClock() clock {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return clock{
		start:       time.Now(),
		interrupted: make(chan struct{}, 1),
		timer:       timer,
		wakeups:     newWakeups(),
		alone:       runtime.GOMAXPROCS(0) == 1,
	}
}

func (c *clock) now() int64 { return int64(time.Since(c.start)) }

// waitUntil waits until the given time: long waits by a timer, what is left by sleeping in the
// kernel, and the last of it looking at the clock, since either wakes up late. It returns false if it
// was interrupted before.
func (c *clock) waitUntil(t int64) bool {
	if time.Duration(t-c.now()) > yieldWorth {
		runtime.Gosched()
	}
	for {
		left := time.Duration(t - c.now())
		switch {
		case left <= 0:
			return true
		case left > 2*timerLate:
			c.timer.Reset(left - timerLate)
			select {
			case <-c.timer.C:
			case <-c.interrupted:
				c.timer.Stop()
				return false
			}
		case c.wasInterrupted():
			return false
		default:
			c.approach(t, left)
		}
	}
}

// approach comes closer to t, which is not far.
func (c *clock) approach(t int64, left time.Duration) {
	rest := c.wakeups.nap(left)
	if rest > 0 {
		nap.Sleep(rest)
		c.wakeups.woke(time.Duration(c.now()-t) + left - rest)
	} else if c.alone {
		runtime.Gosched()
	}
}

func (c *clock) wasInterrupted() bool {
	if len(c.interrupted) == 0 {
		return false
	}
	select {
	case <-c.interrupted:
		return true
	default:
		return false
	}
}

// interrupt ends the present wait, or the next if there is none now.
func (c *clock) interrupt() {
	select {
	case c.interrupted <- struct{}{}:
	default:
	}
}

// wakeups decides how long to sleep in the kernel before a time that is not to be missed: until a
// window before it, which follows how late the kernel wakes the sender. It knows no clock.
type wakeups struct {
	window time.Duration
}

func newWakeups() wakeups { return wakeups{firstWindow} }

// nap is how long to sleep if that much time is left; 0 is to stay awake.
func (w *wakeups) nap(left time.Duration) time.Duration {
	if left < w.window+leastNap {
		return 0
	}
	return left - w.window
}

// woke is told how much later than asked for the sender woke up; less than nothing, if a signal woke
// it.
func (w *wakeups) woke(late time.Duration) {
	switch {
	case late > w.window:
		w.window = min(w.window+windowUp, mostWindow)
	case late >= 0:
		w.window = max(w.window-windowDown, leastWindow)
	}
}
