// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSizesAreReadWithTheirUnits(t *testing.T) {
	const wrong = -1
	for text, want := range map[string]int64{
		"0":                     0,
		"9000":                  9000,
		"9000B":                 9000,
		"9 kB":                  9000,
		"9KB":                   9000,
		"1.5MB":                 1500000,
		"2GB":                   2000000000,
		"1TB":                   1000000000000,
		"64KiB":                 65536,
		"0.5 KiB":               512,
		"8MiB":                  8 << 20,
		"3GiB":                  3 << 30,
		"2TiB":                  2 << 40,
		"9007199254740992":      1 << 53,
		"":                      wrong,
		" ":                     wrong,
		"K":                     wrong,
		"KiB":                   wrong,
		"64K":                   wrong,
		"64k":                   wrong,
		"64kib":                 wrong,
		"64  KiB":               wrong,
		"64KiB ":                wrong,
		" 64KiB":                wrong,
		"-1":                    wrong,
		"+1":                    wrong,
		"1e3":                   wrong,
		"0x10":                  wrong,
		"1.5":                   wrong,
		"1..5kB":                wrong,
		"1.0001KiB":             wrong,
		"1,000":                 wrong,
		"9007199254740993TiB":   wrong,
		"99999999999999999999":  wrong,
		"1KiB2":                 wrong,
		"inf":                   wrong,
		"NaN":                   wrong,
		"8MiB/s":                wrong,
		"8Mbps":                 wrong,
		"８":                     wrong,
		"1" + string(rune(0)):   wrong,
		"1\u00a0KiB":            wrong,
		"0.0000000000000000001": wrong,
	} {
		got, ok := parseSize(text)
		if ok != (want != wrong) || ok && got != want {
			t.Errorf("%q: %d, %v", text, got, ok)
		}
	}
}

func TestRatesAreReadWithTheirUnits(t *testing.T) {
	const wrong = -1
	for text, want := range map[string]float64{
		"0":          0,
		"0Gbps":      0,
		"8bps":       1,
		"8kbps":      1e3,
		"8Kbps":      1e3,
		"8Mbps":      1e6,
		"10Gbps":     1.25e9,
		"2.5 Gbps":   312.5e6,
		"1Tbps":      125e9,
		"8b/s":       1,
		"8kb/s":      1e3,
		"8Mb/s":      1e6,
		"8Gb/s":      1e9,
		"8Tb/s":      1e12,
		"8bit/s":     1,
		"8kbit/s":    1e3,
		"8Mbit/s":    1e6,
		"8Gbit/s":    1e9,
		"8Tbit/s":    1e12,
		"7B/s":       7,
		"7kB/s":      7e3,
		"625MB/s":    625e6,
		"7GB/s":      7e9,
		"7TB/s":      7e12,
		"1KiB/s":     1024,
		"1MiB/s":     1 << 20,
		"1GiB/s":     1 << 30,
		"":           wrong,
		"5":          wrong,
		"5G":         wrong,
		"5gbps":      wrong,
		"5GBps":      wrong,
		"-5Gbps":     wrong,
		"Gbps":       wrong,
		"5 Gbps/s":   wrong,
		"infGbps":    wrong,
		"1e5Gbps":    wrong,
		"5Gbps 5":    wrong,
		"0.1.2 Gbps": wrong,
	} {
		got, ok := parseRate(text)
		if ok != (want != wrong) || ok && got != want {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}

func TestWhatIsPrintedIsReadAgain(t *testing.T) {
	for range 10000 {
		size := rand.Int64N(1<<53) >> rand.IntN(53)
		if rand.IntN(2) == 0 {
			size &^= 1<<rand.IntN(40) - 1
		}
		if got, ok := parseSize(formatSize(size)); !ok || got != size {
			t.Errorf("%d is printed as %q, which is read as %d, %v", size, formatSize(size), got, ok)
		}
		rate := math.Abs(rand.NormFloat64()) * math.Pow10(rand.IntN(12))
		if got, ok := parseRate(formatRate(rate)); !ok || got != rate {
			t.Errorf("%v is printed as %q, which is read as %v, %v", rate, formatRate(rate), got, ok)
		}
	}
}

func TestRatesArePrintedAsPeopleWriteThem(t *testing.T) {
	for rate, want := range map[float64]string{
		0: "0", 1.25e6: "10Mbps", 125e6: "1Gbps", 312.5e6: "2.5Gbps", 2.5e9: "20Gbps", 125: "1kbps", 1: "1B/s", 1e6 / 3: "333333.3333333333B/s",
	} {
		if got := formatRate(rate); got != want {
			t.Errorf("%v: %s, expected %s", rate, got, want)
		}
	}
}

func TestRatesOfNoTimeAreZero(t *testing.T) {
	if got := gigabits(1e9, 0); got != 0 {
		t.Errorf("%v Gb/s in no time", got)
	}
	if got := gigabits(1e9, 2); got != 4 {
		t.Errorf("%v Gb/s, expected 4", got)
	}
}
