// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"net/netip"
	"testing"
)

// TestWhoIsTurnedAwayTurnsNobodyElseAway looks at a full queue while something is tried that has no room.
func TestWhoIsTurnedAwayTurnsNobodyElseAway(t *testing.T) {
	q := newQueue(100)
	first, second := q.parcel(netip.AddrPort{}), q.parcel(netip.AddrPort{})
	first.bytes, second.bytes = make([]byte, 60), make([]byte, 60)
	if !q.try(first) {
		t.Fatal("an empty queue has no room")
	}
	tried := make(chan struct{})
	go func() {
		defer close(tried)
		for range 100000 {
			if q.try(second) {
				t.Error("there was room for more than the limit")
			}
		}
	}()
	for {
		select {
		case <-tried:
			return
		default:
		}
		if held := q.held.Load(); held != 60 {
			t.Errorf("%d bytes are held of 60", held)
			<-tried
			return
		}
	}
}
