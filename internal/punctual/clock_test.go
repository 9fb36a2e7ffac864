// SPDX-License-Identifier: Apache-2.0

package punctual

import (
	"testing"
	"time"
)

func TestNothingIsEarly(t *testing.T) {
	defer Thread()()
	c := NewClock()
	for _, wait := range []time.Duration{-time.Second, 0, time.Microsecond, 50 * time.Microsecond, 500 * time.Microsecond, 6 * time.Millisecond} {
		until := c.Now() + int64(wait)
		if !c.WaitUntil(until, nil) {
			t.Errorf("%v: interrupted", wait)
		}
		if now := c.Now(); now < until {
			t.Errorf("%v: early by %d ns", wait, until-now)
		}
	}
}

func TestAWaitEndsWhenItIsDone(t *testing.T) {
	done := make(chan struct{})
	c := NewClock()
	time.AfterFunc(time.Millisecond, func() { close(done) })
	if c.WaitUntil(c.Now()+int64(time.Hour), done) {
		t.Error("an hour has passed")
	}
	if c.WaitUntil(c.Now(), done) {
		t.Error("what is done isn't waited for")
	}
}

func TestTheWindowSettlesAboveMostWakeups(t *testing.T) {
	c := NewClock()
	const often = 30 * time.Microsecond
	for i := range 100000 {
		late := often
		if i%1000 == 0 {
			late = 5 * time.Millisecond
		}
		c.woke(late)
	}
	if c.window < often || c.window > 3*often {
		t.Errorf("the window is %v, where wake-ups are mostly %v late", c.window, often)
	}
	for range 1000 {
		c.woke(time.Hour)
	}
	if c.window != mostWindow {
		t.Errorf("the window is %v", c.window)
	}
	c.woke(-time.Second)
	if c.window != mostWindow {
		t.Errorf("a signal made the window %v", c.window)
	}
}
