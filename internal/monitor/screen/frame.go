// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gospead/spead/internal/monitor"
)

// order is how streams are sorted.
type order int

const (
	byTrouble order = iota
	byName
	byRate
	orderCount
)

var orderNames = [orderCount]string{"trouble", "name", "rate"}

// view is what the user chose.
type view struct {
	width, height int
	order         order
	// selected is the name of a stream; "" is the first.
	selected string
	page     int
	paused   bool
	// address is the web page's, or "".
	address string
}

// sorted gives the streams in the order that was chosen.
func (v *view) sorted(s *monitor.Snapshot) []monitor.StreamState {
	streams := slices.Clone(s.Streams)
	slices.SortStableFunc(streams, func(a, b monitor.StreamState) int {
		switch v.order {
		case byName:
			return strings.Compare(a.Name, b.Name)
		case byRate:
			return cmp.Compare(b.Now.Bits, a.Now.Bits)
		}
		return cmp.Compare(a.Health.Alarm(), b.Health.Alarm())
	})
	return streams
}

// chosen is the place of the selected stream.
func (v *view) chosen(streams []monitor.StreamState) int {
	return max(0, slices.IndexFunc(streams, func(s monitor.StreamState) bool { return s.Name == v.selected }))
}

// frame draws a snapshot: height lines of width columns.
func (v *view) frame(s *monitor.Snapshot) []line {
	if s == nil || len(s.Streams) == 0 {
		return v.filled([]line{text(greyBar, left(" … waiting for the first figures", v.width))})
	}
	streams := v.sorted(s)
	at := v.chosen(streams)
	lines := []line{v.banner(s), v.sums(s)}
	lines = append(lines, v.table(s, streams, at)...)
	lines = append(lines, line{}, path(&streams[at]))
	room := v.height - len(lines) - 1
	for i := range pages {
		page := (v.page + i) % len(pages)
		if i > 0 && room < 6 {
			break
		}
		part := v.pagePart(page, i == 0, s, &streams[at])
		part = part[:max(0, min(len(part), room))]
		lines = append(lines, part...)
		room -= len(part)
	}
	return v.filled(lines)
}

// filled cuts the lines to the size, and puts the keys at the end.
func (v *view) filled(lines []line) []line {
	keys := line{{plain, " q "}, {faint, "quit  "}, {plain, "s "}, {faint, "sort: " + orderNames[v.order] + "  "},
		{plain, "p "}, {faint, "pause  "}, {plain, "↑↓ "}, {faint, "stream  "}, {plain, "tab "}, {faint, "page  "}}
	if v.paused {
		keys = line{{yellowBar, " PAUSED "}, {plain, " p "}, {faint, "goes on"}}
	}
	if v.address != "" {
		room := v.width - keys.width() - len(v.address) - 1
		keys = append(keys, span{plain, strings.Repeat(" ", max(1, room))}, span{faint, v.address})
	}
	for len(lines) < v.height-1 {
		lines = append(lines, line{})
	}
	lines = append(lines[:max(0, v.height-1)], keys)
	for i := range lines {
		lines[i] = lines[i].fit(v.width)
	}
	return lines
}

func (v *view) banner(s *monitor.Snapshot) line {
	h := healths[s.Health]
	words := " " + h.sign + " " + h.word
	if s.Health != monitor.OK {
		words += "  " + clean(s.Verdict)
	}
	l := text(h.bar, words)
	if room := v.width - l.width(); room > 0 {
		l = append(l, span{h.bar, strings.Repeat(" ", room)})
	}
	return l
}

func (v *view) sums(s *monitor.Snapshot) line {
	var now monitor.Point
	for _, st := range s.Streams {
		now.Bits += st.Now.Bits
		now.Packets += st.Now.Packets
		now.Heaps += st.Now.Heaps
	}
	noun := "streams"
	if len(s.Streams) == 1 {
		noun = "stream"
	}
	l := line{{bold, fmt.Sprintf(" %d ", len(s.Streams))}, {faint, noun + "   "}, {bold, scaled(now.Bits, "b/s")},
		{plain, "   "}, {bold, scaled(now.Packets, "")}, {faint, " packets/s   "}, {bold, scaled(now.Heaps, "")}, {faint, " heaps/s"}}
	clock := s.Time.Format(time.TimeOnly) + "  up " + s.Time.Sub(s.Started).Round(time.Second).String() + " "
	return append(l, span{faint, right(clock, v.width-l.width())})
}

// tableRows is how many streams there is room for.
func (v *view) tableRows() int { return max(3, v.height/6) }

// table lists the streams, those around the selected one if they are many.
func (v *view) table(s *monitor.Snapshot, streams []monitor.StreamState, at int) []line {
	const columns = 62 // all but the name
	name := max(12, v.width-columns)
	head := fmt.Sprintf("  %s%-9s%10s%9s%8s%10s / %s", left("stream", name), "state", "payload", "pkt/s", "heaps/s",
		"lost "+duration(s.Recent), "all")
	lines := []line{text(faint, head)}
	room := v.tableRows()
	if len(streams) == room+1 {
		room++ // instead of saying that there is one more
	}
	first := max(0, min(at-room/2, len(streams)-room))
	last := min(len(streams), first+room)
	for i := first; i < last; i++ {
		st := &streams[i]
		mark := span{plain, "  "}
		nameStyle := plain
		if i == at {
			mark, nameStyle = span{cyan, "▸ "}, bold
		}
		lost := worst(st)
		lostStyle := faint
		if lost.Recent > 0 {
			lostStyle = red
		}
		lines = append(lines, line{mark, {nameStyle, left(shorten(clean(st.Name), name-1), name)},
			{healths[st.Health].text, left(string(st.Health), 9)},
			{plain, right(scaled(st.Now.Bits, "b/s"), 10) + right(scaled(st.Now.Packets, ""), 9) + right(scaled(st.Now.Heaps, ""), 8)},
			{lostStyle, right(scaled(float64(lost.Recent), ""), 10)}, {faint, " / " + left(scaled(float64(lost.Total), "")+" "+shortUnit[lost.Unit], 11)}})
	}
	if hidden := len(streams) - (last - first); hidden > 0 {
		lines = append(lines, text(faint, fmt.Sprintf("  … and %d more", hidden)))
	}
	return lines
}

var shortUnit = map[string]string{"packets": "pkt", "heaps": "heaps"}

// shorten cuts a name in its middle.
func shorten(t string, width int) string {
	r := []rune(t)
	if len(r) <= width {
		return t
	}
	half := (width - 1) / 2
	return string(r[:width-1-half]) + "…" + string(r[len(r)-half:])
}

// worst is the loss that a stream's verdict names: the first that goes on, or else the first.
func worst(st *monitor.StreamState) (worst monitor.Loss) {
	for _, l := range st.Losses {
		if !l.Harmless && (worst.Total == 0 || worst.Recent == 0 && l.Recent > 0) {
			worst = l
		}
	}
	return worst
}

// lossAt is the first loss at a place that goes on, or else the first.
func lossAt(st *monitor.StreamState, where monitor.Where) (found monitor.Loss) {
	for _, l := range st.Losses {
		if l.Where == where && !l.Harmless && (found.Total == 0 || found.Recent == 0 && l.Recent > 0) {
			found = l
		}
	}
	return found
}

// places are along the data's way.
var places = []struct {
	where monitor.Where
	name  string
}{
	{monitor.AtSender, "sender"}, {monitor.OnTheWay, "network"}, {monitor.AtSocket, "socket"},
	{monitor.InOrder, "order"}, {monitor.AtLimit, "limits"}, {monitor.AtConsumer, "consumer"},
}

func placeName(w monitor.Where) string {
	for _, p := range places {
		if p.where == w {
			return p.name
		}
	}
	return ""
}

// path shows along the data's way where something is lost.
func path(st *monitor.StreamState) line {
	l := line{{plain, " "}}
	for i, p := range places {
		if i > 0 {
			l = append(l, span{faint, " ─ "})
		}
		loss := lossAt(st, p.where)
		switch {
		case loss.Recent > 0:
			l = append(l, span{redBar, " " + p.name + " ✖ " + scaled(float64(loss.Recent), "") + " "})
		case loss.Total > 0:
			l = append(l, span{yellow, p.name + " !"})
		case st.Health == monitor.Silent:
			l = append(l, span{faint, p.name + " ?"})
		default:
			l = append(l, span{green, p.name + " ✔"})
		}
	}
	return l
}

// ansi draws a frame with escape sequences.
func (v *view) ansi(s *monitor.Snapshot) string {
	var rows []string
	for _, l := range v.frame(s) {
		rows = append(rows, l.ansi())
	}
	return strings.Join(rows, "\n")
}

// Picture gives the frame of a page, as a terminal of the size gets it.
func Picture(s *monitor.Snapshot, page, width, height int) string {
	v := view{width: width, height: height, page: page, address: "http://127.0.0.1:8080"}
	return v.ansi(s)
}
