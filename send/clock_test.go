// SPDX-License-Identifier: Apache-2.0

package send

import (
	"testing"
	"time"
)

func TestWaitsAreInterrupted(t *testing.T) {
	c := newClock()
	c.interrupt()
	c.interrupt() // no second token
	if c.waitUntil(c.now() + int64(time.Hour)) {
		t.Error("a wait of an hour went to its end")
	}
	c.interrupt()
	if c.waitUntil(c.now() + int64(time.Millisecond)) {
		t.Error("a wait of a millisecond went to its end in spite of an interruption")
	}
	if !c.waitUntil(c.now()) {
		t.Error("no wait was interrupted")
	}
}
