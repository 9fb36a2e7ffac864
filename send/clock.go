// SPDX-License-Identifier: Apache-2.0

package send

import (
	"runtime"
	"time"

	"github.com/gospead/spead/internal/punctual"
)

const (
	// lateWakeups is of how many wake-ups one may be too late: more often costs bursts their time, and
	// less often the processor, which looks at the clock for longer.
	lateWakeups = 50
	// yieldWorth is how long a wait has to be for other goroutines to be let run before it: the caller
	// that waits for what was just sent may be next on this processor.
	yieldWorth = 5 * time.Microsecond
)

// clock is how a stream waits for times. It belongs to who has the baton, but for now and interrupt.
type clock struct {
	exact *punctual.Clock
	// interrupted ends a wait early; it holds at most one token.
	interrupted chan struct{}
}

func newClock() clock { return clock{punctual.NewClock(lateWakeups), make(chan struct{}, 1)} }

// now is the time in nanoseconds since the clock was made.
func (c *clock) now() int64 { return c.exact.Now() }

// waitUntil waits until the given time. It returns false if it was interrupted before.
func (c *clock) waitUntil(t int64) bool {
	if time.Duration(t-c.now()) > yieldWorth {
		runtime.Gosched()
	}
	return c.exact.WaitUntil(t, c.interrupted)
}

// interrupt ends the present wait, or the next if there is none now.
func (c *clock) interrupt() {
	select {
	case c.interrupted <- struct{}{}:
	default:
	}
}
