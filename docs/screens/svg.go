// SPDX-License-Identifier: Apache-2.0

package screens

import (
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	cellWidth  = 8.4
	cellHeight = 18
	margin     = 12
	fontSize   = 14
)

// look is how a cell of a terminal looks.
type look struct {
	ink, ground string
	bold        bool
}

const (
	ink    = "#d7dae0"
	ground = "#14171c"
)

// inks and grounds are the sixteen colours of a terminal, as far as they are used.
var (
	inks = map[string]string{"30": "#14171c", "31": "#ff6b6b", "32": "#4cc38a", "33": "#f1c04c", "34": "#6cb2ff",
		"36": "#5ad1d8", "90": "#8a93a2", "97": "#ffffff"}
	grounds = map[string]string{"41": "#c62828", "42": "#1f7a44", "43": "#e0a526", "100": "#4a5361"}
)

// SVG draws a terminal's lines, which have no escape sequences but those for bold, reverse and the
// sixteen colours.
func SVG(frame string) string {
	rows := strings.Split(frame, "\n")
	columns := 0
	var body strings.Builder
	for y, row := range rows {
		columns = max(columns, drawRow(&body, y, row))
	}
	width, height := 2*margin+float64(columns)*cellWidth, 2*margin+len(rows)*cellHeight
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" viewBox="0 0 %.0f %d">
<rect width="100%%" height="100%%" rx="8" fill="%s"/>
<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="%d" shape-rendering="crispEdges">
%s</g>
</svg>
`, width, height, width, height, ground, fontSize, body.String())
}

// drawRow draws a line and gives its width in columns.
func drawRow(b *strings.Builder, y int, row string) (x int) {
	now := look{ink: ink}
	for row != "" {
		if rest, found := strings.CutPrefix(row, "\x1b["); found {
			parameters, after, _ := strings.Cut(rest, "m")
			now, row = now.after(parameters), after
			continue
		}
		text := row
		if next := strings.IndexByte(row, '\x1b'); next > 0 {
			text = row[:next]
		}
		row = row[len(text):]
		drawText(b, [2]int{x, y}, text, now)
		x += utf8.RuneCountInString(text)
	}
	return x
}

func (l look) after(parameters string) look {
	for p := range strings.SplitSeq(parameters, ";") {
		switch {
		case p == "" || p == "0":
			l = look{ink: ink}
		case p == "1":
			l.bold = true
		case p == "7":
			l.ink, l.ground = ground, l.ink
		case inks[p] != "":
			l.ink = inks[p]
		case grounds[p] != "":
			l.ground = grounds[p]
		}
	}
	return l
}

// drawText draws text of one look. Blocks are drawn as rectangles, which meet whatever the font.
func drawText(b *strings.Builder, at [2]int, text string, l look) {
	left, top := margin+float64(at[0])*cellWidth, margin+at[1]*cellHeight
	length := float64(utf8.RuneCountInString(text)) * cellWidth
	if l.ground != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", left, top, length, cellHeight, l.ground)
	}
	i := 0
	plain := strings.Map(func(r rune) rune {
		if eighths := strings.IndexRune("▁▂▃▄▅▆▇█", r) / len("▁"); r >= '▁' && r <= '█' {
			height := float64(eighths+1) * cellHeight / 8
			fmt.Fprintf(b, `<rect x="%.1f" y="%.2f" width="%.1f" height="%.2f" fill="%s"/>`+"\n",
				left+float64(i)*cellWidth, float64(top+cellHeight)-height, cellWidth+0.1, height, l.ink)
			r = ' '
		}
		i++
		return r
	}, text)
	if strings.TrimSpace(plain) == "" {
		return
	}
	weight := ""
	if l.bold {
		weight = ` font-weight="bold"`
	}
	var escaped strings.Builder
	// Ordinary spaces would become one; and a strings.Builder doesn't fail.
	_ = xml.EscapeText(&escaped, []byte(strings.ReplaceAll(plain, " ", "\u00a0")))
	fmt.Fprintf(b, `<text x="%.1f" y="%d" textLength="%.1f" fill="%s"%s>%s</text>`+"\n",
		left, top+cellHeight-4, length, l.ink, weight, escaped.String())
}
