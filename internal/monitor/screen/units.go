// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gospead/spead/internal/monitor"
)

// scaled writes a number with three figures and a prefix: 12.4 Gb/s.
func scaled(n float64, unit string) string {
	prefixes := []string{"", "k", "M", "G", "T", "P"}
	i := 0
	for n >= 999.5 && i < len(prefixes)-1 {
		n /= 1000
		i++
	}
	digits := 0
	if i > 0 || n != math.Trunc(n) {
		digits = 2 - int(math.Floor(math.Log10(max(n, 1))))
	}
	return strings.TrimRight(strconv.FormatFloat(n, 'f', max(digits, 0), 64)+" "+prefixes[i]+unit, " ")
}

// whole writes a whole number with spaces between thousands.
func whole(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + " " + text[at:]
	}
	return text
}

// perSecond writes a number of things a second.
func perSecond(n float64) string {
	if n >= 99.5 || n == 0 {
		return whole(int64(math.Round(n)))
	}
	return strconv.FormatFloat(n, 'g', 2, 64)
}

// duration writes a time in its largest unit.
func duration(s monitor.Seconds) string {
	d := time.Duration(float64(s) * float64(time.Second))
	switch {
	case d < 0:
		return "never"
	case d < time.Second:
		return d.Round(max(1, d/100)).String()
	case d < 2*time.Minute:
		return fmt.Sprintf("%.3gs", d.Seconds())
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}
