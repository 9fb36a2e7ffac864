// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// count writes a number of things.
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

// were is count with the verb.
func were(n int64, noun string) string {
	if n == 1 {
		return count(n, noun) + " was"
	}
	return count(n, noun) + " were"
}

// sizeText writes a number of bytes.
func sizeText(bytes int64) string {
	for _, u := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes >= u.size && bytes%(u.size/16) == 0 {
			return strconv.FormatFloat(float64(bytes)/float64(u.size), 'f', -1, 64) + " " + u.name
		}
	}
	return count(bytes, "byte")
}

// rateText writes a rate in bits per second.
func rateText(bits float64) string { return siText(bits) + "b/s" }

// countText writes how often something comes.
func countText(v float64) string { return strings.TrimSpace(siText(v)) }

// siText writes a number with three digits and a prefix.
func siText(v float64) string {
	for _, u := range []struct {
		name string
		unit float64
	}{{"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"k", 1e3}} {
		if v >= u.unit*0.9995 {
			return digits(v/u.unit) + " " + u.name
		}
	}
	return digits(v) + " "
}

func digits(v float64) string {
	switch {
	case v >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// secondsText writes a time.
func secondsText(s float64) string {
	switch {
	case s >= 1:
		return digits(s) + " s"
	case s >= 1e-3:
		return digits(s*1e3) + " ms"
	case s > 0:
		return digits(s*1e6) + " µs"
	}
	return "0 s"
}

func addressText(a netip.AddrPort) string {
	if !a.IsValid() {
		return "somewhere"
	}
	return a.String()
}

// sizesText writes a distribution of numbers of something.
func sizesText(s *Sizes) string {
	const told = 4
	switch {
	case s.Count == 0:
		return "none"
	case len(s.Told) == 1:
		return strconv.FormatInt(s.Min, 10)
	}
	var parts []string
	for _, t := range s.Told[:min(told, len(s.Told))] {
		share := 100 * float64(t.Count) / float64(s.Count)
		parts = append(parts, fmt.Sprintf("%d (%s%%)", t.Size, strconv.FormatFloat(share, 'g', 3, 64)))
	}
	text := strings.Join(parts, ", ")
	if len(s.Told) > told || s.Others > 0 {
		text += fmt.Sprintf(", …: %d to %d, on average %.0f", s.Min, s.Max, s.Mean)
	}
	return text
}

// sorted gives a table's entries by their names.
func sorted(m map[string]int64) iter.Seq2[string, int64] {
	return func(yield func(string, int64) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

func reasonsText(m map[string]int64) string {
	var parts []string
	for reason, n := range sorted(m) {
		parts = append(parts, fmt.Sprintf("%d %s", n, reason))
	}
	return strings.Join(parts, ", ")
}
