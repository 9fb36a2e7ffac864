// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"fmt"
	"math"
	"strings"

	"github.com/gospead/spead/internal/monitor"
)

// pages are what can be shown of the selected stream.
var pages = []struct {
	title string
	lines func(v *view, s *monitor.Snapshot, st *monitor.StreamState) []line
}{
	{"loss", (*view).lossPage},
	{"traffic", (*view).trafficPage},
	{"timing", (*view).timingPage},
	{"substreams", (*view).substreamPage},
}

// pagePart is a page with its title; the first has the titles of all.
func (v *view) pagePart(page int, first bool, s *monitor.Snapshot, st *monitor.StreamState) []line {
	head := line{{faint, "──"}}
	for i, p := range pages {
		switch {
		case i == page:
			head = append(head, span{tab, " " + p.title + " "}, span{faint, "──"})
		case first:
			head = append(head, span{faint, " " + p.title + " ──"})
		}
	}
	name := " " + shorten(clean(st.Name), max(1, v.width-head.width()-4)) + " ──"
	head = append(head, span{faint, strings.Repeat("─", max(0, v.width-head.width()-len([]rune(name)))) + name})
	return append([]line{head}, pages[page].lines(v, s, st)...)
}

func (v *view) lossPage(s *monitor.Snapshot, st *monitor.StreamState) []line {
	lines := plot(st.Trend, series{"payload", func(p monitor.Point) float64 { return p.Bits }, "b/s", blue, 3}, v.width)
	lines = append(lines, plot(st.Trend, series{"lost", lostAt, "", red, 2}, v.width)...)
	if len(st.Losses) == 0 {
		lines = append(lines, line{{green, "  nothing was lost"}})
	} else {
		lines = append(lines, text(faint, fmt.Sprintf("  %-9s%-54s%6s%8s", "where", "what happened", duration(s.Recent), "all")))
	}
	helped := false
	for _, l := range st.Losses {
		mark := plain
		switch {
		case l.Harmless:
			mark = faint
		case l.Recent > 0:
			mark = red
		}
		lines = append(lines, line{{mark, "  " + left(placeName(l.Where), 9)}, {mark, left(l.Says, 54)},
			{mark, right(scaled(float64(l.Recent), ""), 6)}, {faint, right(scaled(float64(l.Total), ""), 8)}})
		if !l.Harmless && !helped && l.Recent > 0 {
			helped = true
			lines = append(lines, line{{yellow, "  → " + l.Helps}})
		}
	}
	for _, n := range st.Notes {
		lines = append(lines, line{{cyan, "  i "}, {plain, clean(n)}})
	}
	if st.Error != "" {
		lines = append(lines, text(red, "  "+clean(st.Error)))
	}
	return lines
}

func lostAt(p monitor.Point) (sum float64) {
	for _, n := range p.Lost {
		sum += float64(n)
	}
	return sum
}

func (v *view) trafficPage(_ *monitor.Snapshot, st *monitor.StreamState) []line {
	lines := v.traffic("source", st.Sources)
	return append(lines, v.traffic("sender", st.Senders)...)
}

func (v *view) traffic(title string, rows []monitor.TrafficState) []line {
	name := max(12, v.width-57)
	lines := []line{text(faint, fmt.Sprintf("  %s%11s%10s%10s%10s%13s", left(title, name), "rate", "packets/s", "refused", "dropped", "latest"))}
	for _, t := range rows {
		refused, dropped := plain, plain
		if t.Refused > 0 {
			refused = red
		}
		if t.KernelDrops > 0 {
			dropped = red
		}
		latest := duration(t.Silence)
		if t.Silence >= 0 && t.Silence < 1 {
			latest = "now"
		}
		lines = append(lines, line{{plain, "  " + left(t.Addr, name) + right(scaled(t.BitRate, "b/s"), 11) + right(scaled(t.PacketRate, ""), 10)},
			{refused, right(scaled(float64(t.Refused), ""), 10)}, {dropped, right(scaled(float64(t.KernelDrops), ""), 10)}, {faint, right(latest, 13)}})
	}
	return lines
}

func (v *view) timingPage(_ *monitor.Snapshot, st *monitor.StreamState) []line {
	const height, each = 5, 3
	values := make([]float64, 0, each*len(st.Gaps))
	most := 0.
	var labels strings.Builder
	for i, g := range st.Gaps {
		size := math.Log2(float64(g.Count + 1)) // one long gap has to show beside thousands of short ones
		values = append(values, size, size, 0)
		most = max(most, size)
		if i%3 == 0 && i < len(st.Gaps)-1 {
			labels.WriteString(left(duration(g.Most), 3*each))
		}
	}
	lines := []line{{{faint, "  time between heaps (log): median "}, {bold, duration(st.Median)}, {faint, ", 99 % "}, {bold, duration(st.P99)},
		{faint, ", longest ever "}, {bold, duration(st.Longest)}}}
	for _, row := range bars(values, most, height) {
		lines = append(lines, line{{blue, "  " + row}})
	}
	lines = append(lines, text(faint, "  "+labels.String()))
	t := &st.Stats
	pair := func(k, v string) line { return line{{faint, "  " + left(k, 26)}, {plain, v}} }
	return append(lines,
		pair("queue", fmt.Sprintf("%d of %d heaps; reading stopped %s times", t.HeapsQueued, st.QueueLimit, whole(t.WorkerBlocked))),
		pair("in progress", fmt.Sprintf("%d heaps, %s of memory, at most %s", t.HeapsLive, scaled(float64(t.Memory.Held), "B"), scaled(float64(t.Memory.HeldMax), "B"))),
		pair("socket buffer", scaled(float64(t.ReceiveBuffer), "B")+", "+scaled(float64(t.ReceiveBufferMissing), "B")+" fewer than asked for"),
		pair("dropped at the socket", whole(t.KernelDrops)+" packets"),
		pair("packets", fmt.Sprintf("%s, refused %s, out of order %s", whole(t.PacketsSeen), whole(t.Refused.Total()), whole(t.PacketsOutOfOrder))))
}

func (v *view) substreamPage(_ *monitor.Snapshot, st *monitor.StreamState) []line {
	lines := []line{text(faint, fmt.Sprintf("  %-11s%11s%9s%11s%12s%10s%12s", "substream", "payload", "heaps/s", "heaps", "incomplete", "missing", "latest cnt"))}
	for i, row := range st.Substreams {
		mark := plain
		if row.Incomplete > 0 {
			mark = red
		}
		lines = append(lines, line{{plain, fmt.Sprintf("  %-11d%11s%9s%11s", i, scaled(row.BitRate, "b/s"), scaled(row.HeapRate, ""), whole(row.Heaps))},
			{mark, right(whole(row.Incomplete), 12) + right(scaled(float64(row.MissingBytes), "B"), 10)}, {faint, right(fmt.Sprint(row.LastCnt), 12)}})
	}
	return lines
}
