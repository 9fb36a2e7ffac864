// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"math"
	"strings"

	"github.com/gospead/spead/internal/monitor"
)

// axisWidth is the columns before a plot.
const axisWidth = 13

var blocks = []string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}

// bars draws values from 0 to most as columns, height lines high. What isn't 0 shows.
func bars(values []float64, most float64, height int) []string {
	lines := make([]strings.Builder, height)
	for _, v := range values {
		eighths := 0
		if most > 0 && v > 0 {
			eighths = max(1, int(math.Round(v/most*float64(8*height))))
		}
		for i := range lines {
			below := 8 * (height - 1 - i)
			lines[i].WriteString(blocks[min(8, max(0, eighths-below))])
		}
	}
	rows := make([]string, height)
	for i := range lines {
		rows[i] = lines[i].String()
	}
	return rows
}

// series is what is plotted over time.
type series struct {
	title  string
	value  func(monitor.Point) float64
	unit   string
	style  style
	height int
}

// plot draws the latest points, the newest at the right, with their maximum at the left.
func plot(points []monitor.Point, s series, width int) []line {
	room := max(0, width-axisWidth)
	values := make([]float64, room)
	points = points[max(0, len(points)-room):]
	most := 0.
	for i, p := range points {
		v := s.value(p)
		values[room-len(points)+i] = v
		most = max(most, v)
	}
	var lines []line
	for i, row := range bars(values, most, s.height) {
		label := ""
		switch i {
		case 0:
			label = s.title
		case 1:
			label = "≤ " + scaled(most, s.unit)
		}
		lines = append(lines, line{{faint, left(" "+label, axisWidth)}, {s.style, row}})
	}
	return lines
}
