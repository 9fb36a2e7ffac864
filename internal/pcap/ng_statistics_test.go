// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"testing"
	"time"
)

// lossesOf reads a capture to its end.
func lossesOf(t *testing.T, b []byte) Losses {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return r.Losses()
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// section is one with two interfaces, a datagram and some statistics.
func section(statistics ...Statistics) []byte {
	b := AppendInterface(AppendInterface(AppendSection(nil, ""), Interface{}), Interface{})
	b = AppendDatagram(b, 0, &writtenDatagrams()[0])
	for i, s := range statistics {
		s.Start, s.End = time.Unix(1, 0), time.Unix(2, 0)
		b = AppendStatistics(b, i%2, s)
	}
	return b
}

func TestStatisticsAreAddedUp(t *testing.T) {
	lossy := Statistics{Received: 9, InterfaceDrops: 4, SystemDrops: 3, Accepted: 8, Delivered: 3}
	huge := Statistics{InterfaceDrops: math.MaxUint64, SystemDrops: math.MaxInt64, Delivered: math.MaxUint64}
	for name, c := range map[string]struct {
		file []byte
		want Losses
	}{
		"none":                 {section(), Losses{}},
		"one":                  {section(lossy), Losses{System: 3, Device: 4, Writer: 2}},
		"of each interface":    {section(lossy, lossy), Losses{System: 6, Device: 8, Writer: 4}},
		"the last counts":      {section(Statistics{SystemDrops: 1}, Statistics{}, lossy), Losses{System: 3, Device: 4, Writer: 2}},
		"of sections":          {append(section(lossy), section(lossy)...), Losses{System: 6, Device: 8, Writer: 4}},
		"no room for the sum":  {section(huge, huge), Losses{System: math.MaxInt64, Device: math.MaxInt64}},
		"of another interface": {otherInterface(lossy), Losses{}},
	} {
		if got := lossesOf(t, c.file); got != c.want {
			t.Errorf("%s: %+v, expected %+v", name, got, c.want)
		}
		if total := lossesOf(t, c.file).Total(); total < 0 {
			t.Errorf("%s: %d in total", name, total)
		}
	}
}

// otherInterface has statistics about an interface that isn't described.
func otherInterface(s Statistics) []byte {
	s.Start, s.End = time.Unix(1, 0), time.Unix(2, 0)
	return AppendStatistics(section(), 2, s)
}

// TestOddStatisticsDontEndACapture changes each byte of a block but for its lengths.
func TestOddStatisticsDontEndACapture(t *testing.T) {
	good := section()
	b := section(Statistics{InterfaceDrops: 4, SystemDrops: 3, Accepted: 8, Delivered: 3, Comment: "comment"})
	for i := len(good) + ngHeaderBytes; i < len(b)-ngTrailerBytes; i++ {
		odd := bytes.Clone(b)
		odd[i] ^= 0xff
		lossesOf(t, odd)
	}
}

// TestDropsWithoutTheSystemsAreTheSystems is what Wireshark's dumpcap writes.
func TestDropsWithoutTheSystemsAreTheSystems(t *testing.T) {
	b := section()
	start := len(b)
	b = beginBlock(b, ngStatistics)
	b = append(b, make([]byte, 12)...)
	for option, value := range map[byte]uint64{ngReceived: 50, ngInterfaceDrops: 7} {
		b = binary.LittleEndian.AppendUint64(append(b, option, 0, 8, 0), value)
	}
	if got, want := lossesOf(t, endBlock(b, start)), (Losses{System: 7}); got != want {
		t.Errorf("%+v, expected %+v", got, want)
	}
}
