// SPDX-License-Identifier: Apache-2.0

package punctual

import (
	"runtime"
	"time"
)

const (
	// timerLate is what Go's timers oversleep on an idle process: the granularity of epoll.
	timerLate = 2 * time.Millisecond

	// The bounds of the window before a time in which the clock is looked at, and what it is before
	// anything was measured.
	leastWindow = 10 * time.Microsecond
	mostWindow  = 2 * time.Millisecond
	firstWindow = 60 * time.Microsecond
	// A window grows by windowUp when a wake-up was later than it, and shrinks by windowDown when not: it
	// settles where one in two hundred is later, however late that one was.
	windowUp   = 10 * time.Microsecond
	windowDown = windowUp / 199
	// leastNap is what is worth sleeping for.
	leastNap = 10 * time.Microsecond
)

// Clock gives times in nanoseconds since it was made, by the system's clock that doesn't jump. One
// goroutine may use it at a time.
type Clock struct {
	start  time.Time
	timer  *time.Timer
	window time.Duration
	// alone says that nothing else runs while this goroutine looks at the clock.
	alone bool
}

// NewClock gives a clock at 0.
func NewClock() *Clock {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &Clock{start: time.Now(), timer: timer, window: firstWindow, alone: runtime.GOMAXPROCS(0) == 1}
}

// Now is the time.
func (c *Clock) Now() int64 { return int64(time.Since(c.start)) }

// WaitUntil waits until the given time and returns true; or false, if done is closed before.
func (c *Clock) WaitUntil(t int64, done <-chan struct{}) bool {
	for {
		left := time.Duration(t - c.Now())
		switch {
		case left <= 0:
			return !closed(done)
		case left > 2*timerLate:
			c.timer.Reset(left - timerLate)
			select {
			case <-c.timer.C:
			case <-done:
				c.timer.Stop()
				return false
			}
		case left >= c.window+leastNap:
			nap := left - c.window
			sleep(nap)
			c.woke(time.Duration(c.Now()-t) + left - nap)
		case c.alone:
			runtime.Gosched()
		}
	}
}

// woke is told how much later than asked for the kernel woke this thread; less than nothing, if a
// signal did.
func (c *Clock) woke(late time.Duration) {
	switch {
	case late > c.window:
		c.window = min(c.window+windowUp, mostWindow)
	case late >= 0:
		c.window = max(c.window-windowDown, leastWindow)
	}
}

func closed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
