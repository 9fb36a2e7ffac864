// SPDX-License-Identifier: Apache-2.0

package punctual

import "time"

const (
	// The bounds of a window, and what it is before anything was measured.
	leastWindow = 20 * time.Microsecond
	mostWindow  = 2 * time.Millisecond
	firstWindow = 60 * time.Microsecond
	// windowUp is by how much a window grows when a wake-up was later than it. However late one was, it
	// counts as much as any other: the thread was kept from running, which a larger window wouldn't have
	// helped.
	windowUp = 5 * time.Microsecond
	// leastNap is what is worth sleeping for.
	leastNap = 10 * time.Microsecond
)

// wakeups decides how long to sleep in the kernel before a time that is not to be missed: until a
// window before it, which follows how late the kernel wakes the thread. It knows no clock.
type wakeups struct {
	window time.Duration
	// down is by how much the window shrinks when a wake-up wasn't later.
	down time.Duration
}

// newWakeups begins with a window that settles where one of so many wake-ups is later.
func newWakeups(rare int) wakeups { return wakeups{firstWindow, windowUp / time.Duration(rare-1)} }

// nap is how long to sleep if that much time is left; 0 is to stay awake.
func (w *wakeups) nap(left time.Duration) time.Duration {
	if left < w.window+leastNap {
		return 0
	}
	return left - w.window
}

// woke is told how much later than asked for the thread woke up; less than nothing, if a signal woke
// it.
func (w *wakeups) woke(late time.Duration) {
	switch {
	case late > w.window:
		w.window = min(w.window+windowUp, mostWindow)
	case late >= 0:
		w.window = max(w.window-w.down, leastWindow)
	}
}
