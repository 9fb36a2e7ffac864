// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"strconv"
	"strings"
)

// unit is a unit and how many of the base unit it is.
type unit struct {
	name   string
	factor float64
}

// sizeUnits are what sizes may be given in. Letters that mean 1000 to some and 1024 to others, such
// as a mere K, aren't among them.
var sizeUnits = []unit{
	{"", 1}, {"B", 1},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
}

// rateUnits are what rates may be given in, in bytes per second. A number without a unit isn't
// accepted: it could be bits, bytes, or gigabits as with spead2's tools.
var rateUnits = []unit{
	{"bps", 1. / 8}, {"kbps", 1e3 / 8}, {"Kbps", 1e3 / 8}, {"Mbps", 1e6 / 8}, {"Gbps", 1e9 / 8}, {"Tbps", 1e12 / 8},
	{"b/s", 1. / 8}, {"kb/s", 1e3 / 8}, {"Mb/s", 1e6 / 8}, {"Gb/s", 1e9 / 8}, {"Tb/s", 1e12 / 8},
	{"bit/s", 1. / 8}, {"kbit/s", 1e3 / 8}, {"Mbit/s", 1e6 / 8}, {"Gbit/s", 1e9 / 8}, {"Tbit/s", 1e12 / 8},
	{"B/s", 1}, {"kB/s", 1e3}, {"MB/s", 1e6}, {"GB/s", 1e9}, {"TB/s", 1e12},
	{"KiB/s", 1 << 10}, {"MiB/s", 1 << 20}, {"GiB/s", 1 << 30},
}

// parseUnits reads a number of 0 or more with one of the units after it.
func parseUnits(text string, units []unit) (float64, bool) {
	end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(text)
	}
	n, err := strconv.ParseFloat(text[:end], 64)
	if err != nil || math.IsInf(n, 0) {
		return 0, false
	}
	name := strings.TrimPrefix(text[end:], " ")
	for _, u := range units {
		if u.name == name {
			return n * u.factor, true
		}
	}
	return 0, false
}

// parseSize reads a whole number of bytes.
func parseSize(text string) (int64, bool) {
	// Beyond this, floats skip whole numbers.
	const most = 1 << 53
	v, ok := parseUnits(text, sizeUnits)
	return int64(v), ok && v == math.Trunc(v) && v <= most
}

// formatSize writes a number of bytes so that parseSize reads the same again.
func formatSize(bytes int64) string {
	name := ""
	for _, u := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if bytes == 0 || bytes%1024 != 0 {
			break
		}
		bytes, name = bytes/1024, u
	}
	return strconv.FormatInt(bytes, 10) + name
}

// parseRate reads a rate and gives it in bytes per second. 0, for unlimited, needs no unit.
func parseRate(text string) (float64, bool) {
	if text == "0" {
		return 0, true
	}
	v, ok := parseUnits(text, rateUnits)
	return v, ok && !math.IsInf(v, 0)
}

// formatRate writes a rate in bytes per second so that parseRate reads the same again: in bits, with the
// largest unit that shows no fraction beyond thousandths, or else in bytes.
func formatRate(rate float64) string {
	if rate == 0 {
		return "0"
	}
	for _, u := range []unit{{"Gbps", 1e9 / 8}, {"Mbps", 1e6 / 8}, {"kbps", 1e3 / 8}} {
		text := strconv.FormatFloat(rate/u.factor, 'f', -1, 64)
		if _, fraction, _ := strings.Cut(text, "."); rate < u.factor || len(fraction) > 3 {
			continue
		}
		if same, ok := parseRate(text + u.name); ok && same == rate {
			return text + u.name
		}
	}
	return strconv.FormatFloat(rate, 'f', -1, 64) + "B/s"
}

// gigabits gives a rate in decimal gigabits per second, 0 if no time has passed.
func gigabits(bytes int64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(bytes) * 8e-9 / seconds
}
