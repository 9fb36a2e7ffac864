// SPDX-License-Identifier: Apache-2.0

package send

import (
	"runtime"
	"time"
)

const (
	// timerLate is what Go's timers oversleep on an idle process: the granularity of epoll.
	timerLate = 2 * time.Millisecond
	// sleepLate is what a nanosleep oversleeps: the thread's timer slack and the wake-up.
	sleepLate = 150 * time.Microsecond
)

// clock waits for times that it gives in nanoseconds since it was made.
type clock struct {
	start time.Time
	// interrupted ends a wait early; it holds at most one token.
	interrupted chan struct{}
	timer       *time.Timer
}

func newClock() clock {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return clock{time.Now(), make(chan struct{}, 1), timer}
}

func (c *clock) now() int64 { return int64(time.Since(c.start)) }

// waitUntil returns at the given time, or earlier if it is interrupted: long waits by a timer, what
// is left by sleeping in the kernel, and the last of it awake, since either wakes up late.
func (c *clock) waitUntil(t int64) {
	if left := time.Duration(t - c.now()); left > 2*timerLate {
		c.timer.Reset(left - timerLate)
		select {
		case <-c.timer.C:
		case <-c.interrupted:
			c.timer.Stop()
			return
		}
	}
	for {
		left := time.Duration(t - c.now())
		switch {
		case left <= 0:
			return
		case left > sleepLate:
			shortSleep(left - sleepLate)
		default:
			runtime.Gosched()
		}
	}
}

// interrupt ends the present long wait, or the next if there is none now: a burst leaves early then.
func (c *clock) interrupt() {
	select {
	case c.interrupted <- struct{}{}:
	default:
	}
}
