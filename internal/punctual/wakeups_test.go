// SPDX-License-Identifier: Apache-2.0

package punctual

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestTheWindowFollowsHowLateWakeUpsAre(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, usual := range []time.Duration{0, 50 * time.Microsecond, 100 * time.Microsecond, time.Millisecond} {
		w := newWakeups(50)
		missed := 0
		const warm, rounds = 20_000, 40_000
		for i := range rounds {
			late := usual + time.Duration(random.Int64N(int64(10*time.Microsecond)))
			if i >= warm && late > w.window {
				missed++
			}
			w.woke(late)
		}
		if most := (rounds - warm) / 25; missed > most {
			t.Errorf("late by %v: %d of %d wake-ups came too late, want at most %d", usual, missed, rounds-warm, most)
		}
		if most := max(usual+30*time.Microsecond, leastWindow+30*time.Microsecond); w.window > most {
			t.Errorf("late by %v: the window is %v, want at most %v", usual, w.window, most)
		}
	}
}

func TestTheWindowStaysWithinItsBounds(t *testing.T) {
	w := newWakeups(50)
	for range 10_000 {
		w.woke(time.Hour)
	}
	if w.window != mostWindow {
		t.Errorf("after wake-ups late by hours, the window is %v, want %v", w.window, mostWindow)
	}
	for range 1_000_000 {
		w.woke(0)
	}
	if w.window != leastWindow {
		t.Errorf("after wake-ups in time, the window is %v, want %v", w.window, leastWindow)
	}
	w.woke(-time.Hour)
	if w.window != leastWindow {
		t.Errorf("a wake-up by a signal changed the window to %v", w.window)
	}
}

func TestOneVeryLateWakeUpCountsAsOne(t *testing.T) {
	w := newWakeups(50)
	w.woke(50 * time.Millisecond)
	if want := firstWindow + windowUp; w.window != want {
		t.Errorf("the window is %v, want %v", w.window, want)
	}
}

func TestNapsEndAWindowBefore(t *testing.T) {
	w := newWakeups(50)
	for left := time.Duration(0); left < 5*time.Millisecond; left += 777 * time.Nanosecond {
		nap := w.nap(left)
		switch {
		case nap == 0 && left >= firstWindow+leastNap:
			t.Fatalf("no nap with %v left", left)
		case nap != 0 && left-nap != firstWindow:
			t.Fatalf("a nap of %v with %v left, want it to end %v before", nap, left, firstWindow)
		}
	}
}
