// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/vectors"
	"github.com/gospead/spead/internal/wire"
)

// packet makes a packet with a heap cnt and an item 0x1600.
func packet(addressBits int, cnt, value uint64, payload ...byte) []byte {
	b := []byte{0x53, 4, byte(8 - addressBits/8), byte(addressBits / 8), 0, 0, 0, 7}
	for _, p := range []wire.Pointer{
		wire.ImmediatePointer(addressBits, spead.HeapCntID, cnt),
		wire.ImmediatePointer(addressBits, spead.HeapLengthID, uint64(len(payload))),
		wire.ImmediatePointer(addressBits, spead.PayloadOffsetID, 0),
		wire.ImmediatePointer(addressBits, spead.PayloadLengthID, uint64(len(payload))),
		wire.ImmediatePointer(addressBits, 0x16, value),
		wire.AddressPointer(addressBits, 0x17, 0),
		wire.ImmediatePointer(addressBits, 0x18, value),
	} {
		b = binary.BigEndian.AppendUint64(b, uint64(p))
	}
	return append(b, payload...)
}

func TestOnlyTheItemsNamedChange(t *testing.T) {
	for _, addressBits := range []int{8, 16, 24, 32, 40, 48} {
		got := packet(addressBits, 3, 5, 1, 2, 3)
		changed, addressed := Apply(got, []Change{{spead.HeapCntID, 10}, {0x16, 100}, {0x17, 1}, {0x19, 1}})
		want := packet(addressBits, 13, 105, 1, 2, 3)
		binary.BigEndian.PutUint64(want[8+6*8:], uint64(wire.ImmediatePointer(addressBits, 0x18, 5)))
		if changed != 2 || addressed != 1 || !bytes.Equal(got, want) {
			t.Errorf("%d bits: %d changed, %d addressed, % x", addressBits, changed, addressed, got)
		}
	}
}

func TestValuesWrapAtTheirWidth(t *testing.T) {
	for _, addressBits := range []int{8, 40, 48} {
		most := uint64(1)<<addressBits - 1
		got := packet(addressBits, most, most)
		Apply(got, []Change{{spead.HeapCntID, 1}, {0x16, 3}})
		want := packet(addressBits, 0, 2)
		binary.BigEndian.PutUint64(want[8+6*8:], uint64(wire.ImmediatePointer(addressBits, 0x18, most)))
		if !bytes.Equal(got, want) {
			t.Errorf("%d bits: % x", addressBits, got)
		}
	}
}

func TestWhatIsNoPacketIsLeftAlone(t *testing.T) {
	good := packet(40, 1, 2, 3)
	for n := range len(good) {
		b := slices.Clone(good[:n])
		if changed, _ := Apply(b, []Change{{0x16, 1}}); changed != 0 || !bytes.Equal(b, good[:n]) {
			t.Fatalf("%d bytes were changed", n)
		}
	}
}

func TestTheSpanIsUpToWhatWouldFollow(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []uint64
		want   uint64
	}{
		{"nothing", nil, 0},
		{"one value", []uint64{7, 7, 7}, 0},
		{"falling", []uint64{9, 7, 3}, 0},
		{"regular", []uint64{100, 110, 120, 130}, 40},
		{"each several times", []uint64{100, 100, 110, 110, 120, 120}, 30},
		{"with a gap", []uint64{100, 110, 120, 150, 160}, 70},
		{"out of order", []uint64{100, 110, 130, 120, 130, 140}, 50},
		{"from zero", []uint64{0, 1}, 2},
		{"equally often", []uint64{0, 3, 8}, 11},
	} {
		s := Survey{ID: 0x16}
		for _, v := range c.values {
			s.Add(packet(40, 1, v))
		}
		if got := s.Span(); got != c.want {
			t.Errorf("%s: %d, expected %d", c.name, got, c.want)
		}
	}
	s := Survey{ID: 0x17}
	s.Add(packet(40, 1, 2))
	if values, addressed := s.Values(); values != 0 || addressed != 1 || s.Span() != 0 {
		t.Errorf("%d values, %d addressed", values, addressed)
	}
}

func TestApplyingAllocatesNothing(t *testing.T) {
	b := packet(40, 1, 2, make([]byte, 1000)...)
	changes := []Change{{spead.HeapCntID, 1}, {0x16, 1}}
	if n := testing.AllocsPerRun(100, func() { Apply(b, changes) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestVectorsComeBack rewrites every packet of the shared vectors there and back.
func TestVectorsComeBack(t *testing.T) {
	rewritten := 0
	for _, v := range vectors.All(t, vectors.Stream) {
		for _, d := range payloads(t, v.Capture) {
			b := slices.Clone(d)
			there, _ := Apply(b, []Change{{spead.HeapCntID, 12345}})
			Apply(b, []Change{{spead.HeapCntID, ^uint64(12345) + 1}})
			rewritten += there
			if !bytes.Equal(b, d) {
				t.Fatalf("%s: a packet is not what it was", v.Name)
			}
		}
	}
	if rewritten == 0 {
		t.Error("no packet was rewritten")
	}
}

// payloads reads the whole datagrams of a capture.
func payloads(t *testing.T, path string) (list [][]byte) {
	t.Helper()
	r, err := pcap.Open(path, pcap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		d, err := r.Next()
		if err != nil {
			return list
		}
		if d.Refusal == spead.Accepted {
			list = append(list, slices.Clone(d.Payload))
		}
	}
}
