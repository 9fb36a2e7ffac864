// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"strings"
	"unicode/utf8"

	"github.com/gospead/spead/internal/monitor"
)

// style is how text looks: the parameters of a terminal's SGR sequence. The colours are the terminal's
// own sixteen, which its user has made readable.
type style string

const (
	plain  style = ""
	bold   style = "1"
	faint  style = "90"
	red    style = "1;31"
	green  style = "32"
	yellow style = "33"
	blue   style = "34"
	cyan   style = "36"
	tab    style = "7"

	redBar    style = "1;97;41"
	greenBar  style = "1;97;42"
	yellowBar style = "1;30;43"
	greyBar   style = "1;97;100"
)

// span is a piece of text in one style. Every character is one column wide.
type span struct {
	style style
	text  string
}

// line is a line of a frame.
type line []span

func text(s style, t string) line { return line{{s, t}} }

func (l line) width() (n int) {
	for _, s := range l {
		n += utf8.RuneCountInString(s.text)
	}
	return n
}

// fit cuts a line to a width, with a mark where something is missing, or fills it up.
func (l line) fit(width int) line {
	if w := l.width(); w <= width {
		return append(l[:len(l):len(l)], span{plain, strings.Repeat(" ", width-w)})
	}
	var cut line
	for _, s := range l {
		room := width - 1 - cut.width()
		if utf8.RuneCountInString(s.text) > room {
			cut = append(cut, span{s.style, string([]rune(s.text)[:max(0, room)]) + "…"})
			break
		}
		cut = append(cut, s)
	}
	return cut
}

// ansi is the line with its styles as escape sequences.
func (l line) ansi() string {
	var b strings.Builder
	for _, s := range l {
		if s.style == plain {
			b.WriteString(s.text)
			continue
		}
		b.WriteString("\x1b[" + string(s.style) + "m" + s.text + "\x1b[0m")
	}
	return b.String()
}

// left and right fill text up to a width, and cut it.
func left(t string, width int) string {
	return string([]rune(t + strings.Repeat(" ", width))[:width])
}

func right(t string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(t))) + t
}

// clean leaves nothing of a text that could steer a terminal.
func clean(t string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, t)
}

// shown is how a state of health is shown: a sign, a word and colours.
type shown struct {
	sign, word string
	text, bar  style
}

var healths = map[monitor.Health]shown{
	monitor.Losing:  {"✖", "LOSING DATA", red, redBar},
	monitor.Stopped: {"✖", "DATA HAS STOPPED", red, redBar},
	monitor.Silent:  {"…", "NOTHING HAS COME YET", faint, greyBar},
	monitor.Ended:   {"■", "ENDED", yellow, yellowBar},
	monitor.HasLost: {"!", "LOST DATA BEFORE", yellow, yellowBar},
	monitor.OK:      {"✔", "ALL IS WELL", green, greenBar},
}
