// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// unhex reads hexadecimal digits with anything between them that isn't one.
func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Packets of SKA-Low stations, up to their 8192 bytes of samples, in the order of the interface's
// document: logical channel 5, packet 0x1234, frequency channel 204 of beam 3, station 345.
const (
	// stationPacket has been sent since revision 3 of the interface (SPS to CSP).
	stationPacket = `
		5304 0206 0000 0006
		8001 0005 0000 1234
		8004 0000 0000 2000
		b010 0000 0000 0042
		b000 0000 0003 00cc
		b001 0102 0159 0000
		3300 0000 0000 0000`
	// oldStationPacket has the items of earlier revisions.
	oldStationPacket = `
		5304 0206 0000 0008
		8001 0005 0000 1234
		8004 0000 0000 2000
		9027 0000 5e0b e100
		9600 0000 0012 d687
		9011 0000 0980 2630
		b000 0005 0003 00cc
		b001 0102 0159 0100
		3300 0000 0000 0000`
)

func TestSKALowStationPackets(t *testing.T) {
	samples := pattern(8192, 7)
	zeroLength := strings.Replace(stationPacket, "8004 0000 0000 2000", "8004 0000 0000 0000", 1)
	for _, tc := range []struct {
		name       string
		header     string
		immediates map[spead.ItemID]uint64
		tolerated  Tolerated
	}{
		{"as sent today", stationPacket,
			map[spead.ItemID]uint64{0x3010: 0x42, 0x3000: 0x300cc, 0x3001: 0x010201590000}, Tolerated{1, 0, 0, 0}},
		{"as sent earlier", oldStationPacket, map[spead.ItemID]uint64{
			0x1027: 0x5e0be100, 0x1600: 0x12d687, 0x1011: 0x9802630, 0x3000: 0x5000300cc, 0x3001: 0x010201590100,
		}, Tolerated{1, 0, 0, 0}},
		{"without a payload length", zeroLength,
			map[spead.ItemID]uint64{0x3010: 0x42, 0x3000: 0x300cc, 0x3001: 0x010201590000}, Tolerated{1, 1, 0, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			packet := append(unhex(t, tc.header), samples...)
			s := newTestStream(t, Config{Dialect: SKALow}, &listSource{datagrams: [][]byte{packet}, err: io.EOF})
			h := nextHeap(t, s)
			defer h.Release()
			if h.Cnt() != 5<<32+0x1234 || !h.Complete() {
				t.Errorf("heap %#x, complete: %v", h.Cnt(), h.Complete())
			}
			got := map[spead.ItemID]uint64{}
			for it := range h.Items() {
				if it.Immediate {
					got[it.ID] = it.Number
				} else if it.ID != 0x3300 || !bytes.Equal(it.Value, samples) {
					t.Errorf("item %v has %d bytes", it.ID, len(it.Value))
				}
			}
			for id, want := range tc.immediates {
				if got[id] != want {
					t.Errorf("item %v is %#x, want %#x", id, got[id], want)
				}
			}
			st := s.Stats()
			checkLaw(t, st)
			if st.Tolerated != tc.tolerated || st.Refused.Total() != 0 || st.SinglePacketHeaps != 1 {
				t.Errorf("statistics: %+v", st)
			}
		})
	}
}

// loose makes a packet of a heap in which any of the special items, by their ids from 1 on, may be
// wrong or, with a value below 0, missing.
func loose(payload []byte, values ...int64) []byte {
	b := wire.AppendHeader(nil, spead.Flavour{}, 0)
	for i, v := range values {
		if v >= 0 {
			b = wire.AppendPointer(b, wire.ImmediatePointer(40, spead.ItemID(i+1), uint64(v)))
		}
	}
	binary.BigEndian.PutUint16(b[6:], uint16(len(b)/8-1))
	return append(b, payload...)
}

func TestDialectsTolerateNoMoreThanTheySay(t *testing.T) {
	p := pattern(100, 3)
	for _, tc := range []struct {
		name    string
		packet  []byte
		allowed Dialect // the least that takes it, 0 if nothing does
		refusal spead.Refusal
	}{
		{"no offset, no heap length", loose(p, 1, -1, -1, 100), ImpliedOffset, spead.RefusedMissingItem},
		{"no offset", loose(p, 1, 100, -1, 100), ImpliedOffset, spead.RefusedMissingItem},
		{"payload length 0", loose(p, 1, 100, 0, 0), ImpliedLength, spead.RefusedTrailingBytes},
		{"both", loose(p, 1, -1, -1, 0), ImpliedOffset | ImpliedLength, spead.RefusedMissingItem},
		{"heap length too short", loose(p, 1, 60, 0, 100), ShortHeapLength, spead.RefusedPastHeap},
		{"heap length too short, payload length 0", loose(p, 1, 60, 0, 0), ShortHeapLength | ImpliedLength, spead.RefusedTrailingBytes},
		{"no cnt", loose(p, -1, 100, 0, 100), 0, spead.RefusedMissingItem},
		{"no payload length", loose(p, 1, 100, 0, -1), 0, spead.RefusedMissingItem},
		{"payload length too short", loose(p, 1, 100, 0, 99), 0, spead.RefusedTrailingBytes},
		{"payload length too long", loose(p, 1, 101, 0, 101), 0, spead.RefusedShortPayload},
		{"payload length too short, no offset", loose(p, 1, -1, -1, 99), 0, spead.RefusedMissingItem},
		{"nothing at all", loose(nil, -1, -1, -1, -1), 0, spead.RefusedMissingItem},
		{"half a header", loose(p, 1, 100, 0, 100)[:7], 0, spead.RefusedShortHeader},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for d := range dialectAll + 1 {
				s := newTestStream(t, Config{Dialect: d}, &listSource{datagrams: [][]byte{tc.packet}, err: io.EOF})
				n := 0
				for h := range s.Heaps(t.Context()) {
					if n++; !bytes.Equal(h.Payload(), p) {
						t.Errorf("%v: the payload arrived changed", d)
					}
					h.Release()
				}
				st := s.Stats()
				checkLaw(t, st)
				want := 0
				if tc.allowed != 0 && d&tc.allowed == tc.allowed {
					want = 1
				}
				if n != want {
					t.Errorf("%v: %d heaps, want %d; refused %v", d, n, want, st.Refused)
				}
				if d == 0 && st.Refused[tc.refusal] != 1 {
					t.Errorf("refused %v, want %v", st.Refused, tc.refusal)
				}
				for tolerance, count := range st.Tolerated.All() {
					if used := n == 1 && tc.allowed&tolerance != 0; used != (count == 1) {
						t.Errorf("%v: tolerance %v counts %d", d, tolerance, count)
					}
				}
			}
		})
	}
}

func TestHeapsWithOneCnt(t *testing.T) {
	part := func(i int, offset int64) []byte { return loose(pattern(50, i), 9, 100, offset, 50) }
	packets := [][]byte{
		part(1, 0), part(1, 50),
		part(2, 0), // its end is lost
		part(3, 0), part(3, 50),
		part(4, 50), // its beginning is lost
		part(5, 0), part(5, 50),
	}
	for _, outOfOrder := range []bool{false, true} {
		for _, d := range []Dialect{0, RepeatedCnt} {
			s := newTestStream(t, Config{Dialect: d, AllowOutOfOrder: outOfOrder, QueueHeaps: 10},
				&listSource{datagrams: packets, err: io.EOF})
			var whole []int
			for h := range s.Heaps(t.Context()) {
				whole = append(whole, int(h.Payload()[0]))
				h.Release()
			}
			st := s.Stats()
			checkLaw(t, st)
			if want := []int{1, 3, 5}; d == RepeatedCnt && (!slices.Equal(whole, want) && !outOfOrder || st.Tolerated[repeatedCntIndex] == 0) {
				t.Errorf("out of order %v: heaps %v, want %v; statistics %+v", outOfOrder, whole, want, st)
			}
			if d == 0 && (slices.Contains(whole, 3) || st.Tolerated != Tolerated{}) {
				t.Errorf("without the dialect: heaps %v, statistics %+v", whole, st)
			}
		}
	}
}

func TestAHeapLongerThanItsLengthIsDeliveredWhenItIsEvicted(t *testing.T) {
	packets := [][]byte{
		loose(pattern(50, 0), 1, 60, 0, 50), loose(pattern(50, 50), 1, 60, 50, 50),
	}
	s := newTestStream(t, Config{Dialect: Gateware}, &listSource{datagrams: packets, err: io.EOF})
	h := nextHeap(t, s)
	defer h.Release()
	if !bytes.Equal(h.Payload()[:h.Received()], pattern(100, 0)) || !h.Complete() {
		t.Errorf("%d bytes came, complete: %v", h.Received(), h.Complete())
	}
	if st := s.Stats(); st.Tolerated != (Tolerated{0, 0, 1, 0}) || st.IncompleteHeapsFlushed != 1 {
		t.Errorf("statistics: %+v", st)
	}
}

func TestDialectsAreReadAsTheyAreWritten(t *testing.T) {
	for d := range dialectAll + 1 {
		if got, err := ParseDialect(d.String()); got != d || err != nil {
			t.Errorf("%v is read as %v: %v", d, got, err)
		}
	}
	for _, text := range []string{"ska", "ska-low,", "implied_offset"} {
		var wrong *spead.FieldError
		if _, err := ParseDialect(text); !errors.As(err, &wrong) {
			t.Errorf("%q: %v", text, err)
		}
	}
	var wrong *spead.FieldError
	if _, err := NewStream(Config{Dialect: 1 << dialectCount}); !errors.As(err, &wrong) || wrong.Field != "recv.Config.Dialect" {
		t.Errorf("a tolerance that doesn't exist: %v", err)
	}
	text, err := Tolerated{1, 2, 3, 4}.MarshalJSON()
	if want := `{"implied_offset":1,"implied_length":2,"short_heap_length":3,"repeated_cnt":4}`; string(text) != want || err != nil {
		t.Errorf("%s, %v", text, err)
	}
}
