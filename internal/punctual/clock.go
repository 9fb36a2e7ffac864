// SPDX-License-Identifier: Apache-2.0

package punctual

import (
	"runtime"
	"time"

	"github.com/gospead/spead/internal/nap"
)

// timerLate is what Go's timers oversleep on an idle process: the granularity of epoll.
const timerLate = 2 * time.Millisecond

// Clock gives times in nanoseconds since it was made, by the system's clock that doesn't jump. One
// goroutine may use it at a time, but for Now.
type Clock struct {
	start   time.Time
	timer   *time.Timer
	wakeups wakeups
	// alone says that nothing else runs while this goroutine looks at the clock.
	alone bool
}

// NewClock gives a clock at 0. It looks at the time for so long before each time that about one of so
// many wake-ups by the kernel is later; rare ones cost processor time.
func NewClock(rare int) *Clock {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &Clock{start: time.Now(), timer: timer, wakeups: newWakeups(rare), alone: runtime.GOMAXPROCS(0) == 1}
}

// Now is the time.
func (c *Clock) Now() int64 { return int64(time.Since(c.start)) }

// WaitUntil waits until the given time and returns true; or false, if something can be received from
// done before, which it then does.
func (c *Clock) WaitUntil(t int64, done <-chan struct{}) bool {
	for {
		left := time.Duration(t - c.Now())
		switch {
		case left > 2*timerLate:
			c.timer.Reset(left - timerLate)
			select {
			case <-c.timer.C:
			case <-done:
				c.timer.Stop()
				return false
			}
		case isDone(done):
			return false
		case left <= 0:
			return true
		default:
			c.approach(t, left)
		}
	}
}

// approach comes closer to t, which is not far.
func (c *Clock) approach(t int64, left time.Duration) {
	rest := c.wakeups.nap(left)
	if rest > 0 {
		nap.Sleep(rest)
		c.wakeups.woke(time.Duration(c.Now()-t) + left - rest)
	} else if c.alone {
		runtime.Gosched()
	}
}

func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
