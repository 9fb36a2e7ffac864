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
		fmt.Fprintf(&b, "%s: received %s, %s, %s in %.0f s\n", clean(st.Name), monitor.Counted(t.PacketsSeen, "packets"),
			monitor.Counted(st.Tally.Heaps, "heaps"), monitor.Counted(t.PayloadBytesAccepted, "bytes of payload"), s.Time.Sub(s.Started).Seconds())
		for _, l := range st.Losses {
			fmt.Fprintf(&b, "  %s: %s\n", placeName(l.Where), monitor.Counted(l.Total, l.Says))
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
