// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"fmt"
	"strings"
	"time"

	"github.com/gospead/spead/internal/monitor"
)

// Lines gives a line for each stream: what happened in the latest interval.
func Lines(s *monitor.Snapshot) string {
	var b strings.Builder
	for _, st := range s.Streams {
		fmt.Fprintf(&b, "%s %s: %s; %s, %s packets/s, %s heaps/s; %s\n", s.Time.Format(time.TimeOnly), clean(st.Name), st.Health,
			scaled(st.Now.Bits, "b/s"), perSecond(st.Now.Packets), perSecond(st.Now.Heaps), clean(st.Verdict))
	}
	return b.String()
}

// Totals gives what came and what was lost of each stream in all.
func Totals(s *monitor.Snapshot) string {
	var b strings.Builder
	for _, st := range s.Streams {
		t := &st.Stats
		fmt.Fprintf(&b, "%s: received %d packets, %d heaps, %d bytes of payload in %.0f s\n", clean(st.Name),
			t.PacketsSeen, st.Tally.Heaps, t.PayloadBytesAccepted, s.Time.Sub(s.Started).Seconds())
		for _, l := range st.Losses {
			fmt.Fprintf(&b, "  %s: %d %s\n", placeName(l.Where), l.Total, l.Says)
		}
		switch {
		case t.PacketsSeen == 0:
			fmt.Fprintln(&b, "  nothing came")
		case len(st.Losses) == 0:
			fmt.Fprintln(&b, "  nothing was lost")
		}
		for _, n := range st.Notes {
			fmt.Fprintf(&b, "  %s\n", clean(n))
		}
	}
	return b.String()
}
