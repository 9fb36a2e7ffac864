// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"math"
	"testing"

	"github.com/gospead/spead/internal/udp/arrivals"
)

// evenly are bursts of two messages, the first at once, at 1 GB/s.
func evenly(bursts int) []arrivals.Arrival {
	var all []arrivals.Arrival
	for i := range bursts {
		at := int64(1e18) + int64(i)*65_000
		all = append(all, arrivals.Arrival{Nanos: at, Bytes: 60_000, Packets: 7},
			arrivals.Arrival{Nanos: at + 5000, Bytes: 5000, Packets: 1})
	}
	return all
}

func TestFiguresOfAPerfectSender(t *testing.T) {
	p := newPaced(evenly(1000), 1e9, 65_000)
	if math.Abs(p.Rate/1e9-1) > 1e-12 || p.Bytes != 65_000_000 || p.Packets != 8000 {
		t.Errorf("figures are %+v", p)
	}
	if p.Latest > 1e-9 || p.Excess > 65_000 {
		t.Errorf("bursts are late by %v s, or %v bytes too many", p.Latest, p.Excess)
	}
}

func TestFiguresOfADelayThatIsCaughtUp(t *testing.T) {
	all := evenly(1000)
	for i := 1000; i < 1040; i++ { // 20 bursts at once
		all[i].Nanos = all[1040].Nanos
	}
	p := newPaced(all, 1e9, 65_000)
	if math.Abs(p.Rate/1e9-1) > 1e-12 {
		t.Errorf("the rate is %v", p.Rate)
	}
	if want := 20 * 65e-6; math.Abs(p.Latest-want) > 1e-9 {
		t.Errorf("the latest burst is late by %v s, want %v", p.Latest, want)
	}
	if p.Middle > 1e-9 || p.Late > 1e-9 {
		t.Errorf("the median is late by %v s, the 99th percentile by %v", p.Middle, p.Late)
	}
	// Within 100 µs, the 21 bursts and the one after.
	if want := 22*65_000. - 1e9*paceWindow.Seconds(); p.Excess != want {
		t.Errorf("the excess is %v bytes, want %v", p.Excess, want)
	}
}

func TestFiguresOfLittle(t *testing.T) {
	if p := newPaced(nil, 1e9, 1000); p != (Paced{Excess: -1e5}) {
		t.Errorf("nothing: %+v", p)
	}
	p := newPaced([]arrivals.Arrival{{Nanos: 5, Bytes: 10, Packets: 1}}, 1e9, 1000)
	if p.Rate != 0 || p.Bytes != 10 || p.Latest != 0 {
		t.Errorf("one packet: %+v", p)
	}
}
