// SPDX-License-Identifier: Apache-2.0

package punctual

import (
	"testing"
	"time"
)

func TestNothingIsEarly(t *testing.T) {
	defer Thread()()
	c := NewClock(50)
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
	c := NewClock(50)
	time.AfterFunc(time.Millisecond, func() { close(done) })
	if c.WaitUntil(c.Now()+int64(time.Hour), done) {
		t.Error("an hour has passed")
	}
	if c.WaitUntil(c.Now(), done) {
		t.Error("what is done isn't waited for")
	}
}
