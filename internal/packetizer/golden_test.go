// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// flavour makes a flavour of which the test knows that it is legal.
func flavour(tb testing.TB, addressBits int) spead.Flavour {
	tb.Helper()
	f, err := spead.NewFlavour(addressBits, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// unhex reads hexadecimal with blanks in it.
func unhex(tb testing.TB, s string) string {
	tb.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// described is a heap with the descriptor of one item, and the item.
func described(tb testing.TB, d spead.RawDescriptor, value string) []Item {
	tb.Helper()
	b, err := wire.AppendDescriptor(nil, flavour(tb, 48), &d)
	if err != nil {
		tb.Fatal(err)
	}
	return []Item{{ID: spead.DescriptorID, Value: b}, {ID: d.ID, Value: []byte(value)}}
}

// The packets that spead2's own tests expect of its sender.
func TestHeapsAsSpead2WritesThem(t *testing.T) {
	const numpyHeader = "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3)}"
	numpy := spead.RawDescriptor{ID: 0x2345, Name: []byte("name"), Description: []byte("description"),
		Shape: spead.Shape{2, 3}, NumpyHeader: []byte(numpyHeader)}
	format := spead.RawDescriptor{ID: 0x2345, Name: []byte("name"), Description: []byte("description"), Shape: spead.Shape{2},
		Format: spead.Format{{Code: 'b', Bits: 1}, {Code: 'i', Bits: 7}, {Code: 'c', Bits: 8}, {Code: 'f', Bits: 32}}}
	for _, test := range []struct {
		name  string
		bits  int
		cnt   spead.HeapCnt
		items []Item
		want  string
	}{
		{"empty in 64-48", 48, 0x123456, nil,
			"5304020600000005 8001000000123456 8002000000000001 8003000000000000 8004000000000001 0000000000000000 00"},
		{"empty in 64-40", 40, 0x123456, nil,
			"5304030500000005 8000010000123456 8000020000000001 8000030000000000 8000040000000001 0000000000000000 00"},
		{"start", 48, 1, []Item{{ID: spead.StreamCtrlID, Kind: Inline, Number: uint64(spead.CtrlStart)}},
			"5304020600000006 8001000000000001 8002000000000001 8003000000000000 8004000000000001 8006000000000000 0000000000000000 00"},
		{"stop", 48, 2, []Item{{ID: spead.StreamCtrlID, Kind: Inline, Number: uint64(spead.CtrlStop)}},
			"5304020600000006 8001000000000002 8002000000000001 8003000000000000 8004000000000001 8006000000000002 0000000000000000 00"},
		{"small fixed item", 48, 0x123456, []Item{{ID: 0x2345, Kind: MaybeImmediate, Value: []byte{0x76, 0x54}}},
			"5304020600000006 8001000000123456 8002000000000001 8003000000000000 8004000000000001 a345000000007654 0000000000000000 00"},
		{"small variable item", 48, 0x123456, []Item{{ID: 0x2345, Value: []byte{4, 5}}},
			"5304020600000005 8001000000123456 8002000000000002 8003000000000000 8004000000000002 2345000000000000 0405"},
		{"numpy item with its descriptor", 48, 0x123456, described(t, numpy, "\x06\x00\x07\x00\x08\x00\x0a\x00\x0b\x00\xe0\x2e"),
			`5304020600000006 8001000000123456 80020000000000ba 8003000000000000 80040000000000ba 0005000000000000 23450000000000ae
			530402060000000a 8001000000000001 8002000000000056 8003000000000000 8004000000000056 8014000000002345
			0010000000000000 0011000000000004 001300000000000f 001200000000000f 001500000000001d
			6e616d65 6465736372697074696f6e 00000000000002 00000000000003 ` + hex.EncodeToString([]byte(numpyHeader)) +
				"060007000800 0a000b00e02e"},
		{"format item with its descriptor", 48, 0x123456, described(t, format, "\x91y\x3f\x80\x00\x00\x69n\xbf\x80\x00\x00"),
			`5304020600000006 8001000000123456 800200000000007e 8003000000000000 800400000000007e 0005000000000000 2345000000000072
			5304020600000009 8001000000000001 8002000000000022 8003000000000000 8004000000000022 8014000000002345
			0010000000000000 0011000000000004 001300000000000f 001200000000001b
			6e616d65 6465736372697074696f6e 620001 690007 630008 660020 00000000000002 91793f800000 696ebf800000`},
	} {
		t.Run(test.name, func(t *testing.T) {
			packets := packetize(t, &Heap{Flavour: flavour(t, test.bits), Items: test.items}, test.cnt, 1500)
			if len(packets) != 1 || string(packets[0]) != unhex(t, test.want) {
				t.Errorf("% x, want %s", packets, test.want)
			}
		})
	}
}

func TestRepeatedPointersComeInEachPacket(t *testing.T) {
	value := make([]byte, 32)
	for i := range value {
		value[i] = byte(i)
	}
	h := &Heap{Flavour: flavour(t, 48), RepeatPointers: true, Items: []Item{
		{ID: 0x1000, Value: value},
		{ID: 0x1001, Kind: Inline, Number: 0x1234},
	}}
	packets := packetize(t, h, 0x123456, 72)
	want := []string{
		unhex(t, `5304020600000006 8001000000123456 8002000000000020 8003000000000000 8004000000000010
			1000000000000000 9001000000001234 000102030405060708090a0b0c0d0e0f`),
		unhex(t, `5304020600000006 8001000000123456 8002000000000020 8003000000000010 8004000000000010
			1000000000000000 9001000000001234 101112131415161718191a1b1c1d1e1f`),
	}
	if len(packets) != 2 || string(packets[0]) != want[0] || string(packets[1]) != want[1] {
		t.Errorf("% x, want % x", packets, want)
	}
}

func TestPayloadIsSplitAsSpead2Splits(t *testing.T) {
	for _, test := range []struct {
		name       string
		bits, size int
		items      []Item
		payloads   []int // of the packets but the last; the last of these for all that follow it
		count      int
	}{
		{"136 bytes", 48, 88, []Item{{ID: 0x1000, Value: make([]byte, 136)}}, []int{40, 48, 48}, 3},
		{"1 MiB", 40, 1472, []Item{{ID: 0x1000, Value: make([]byte, 1<<20)}, {ID: 0x1001, Kind: Inline}}, []int{1416, 1432}, 733},
		{"size rounded down", 48, 203, []Item{{ID: 0x1000, Value: make([]byte, 1000)}}, []int{152, 160}, 7},
		{"smallest packets", 48, 56, []Item{{ID: 0x1000, Value: make([]byte, 40)}}, []int{8, 16, 16}, 3},
		{"immediates alone", 48, 72, []Item{{ID: 1000, Kind: Inline}, {ID: 1001, Kind: Inline}, {ID: 1002, Kind: Inline}}, []int{8, 1}, 2},
		{"a full packet", 48, 1000, []Item{{ID: 0x1000, Value: make([]byte, 952)}}, []int{952}, 1},
		{"a byte more", 48, 1000, []Item{{ID: 0x1000, Value: make([]byte, 953)}}, []int{952, 1}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			packets := packetize(t, &Heap{Flavour: flavour(t, test.bits), Items: test.items}, 1, test.size)
			if len(packets) != test.count {
				t.Fatalf("%d packets, want %d", len(packets), test.count)
			}
			for i, b := range packets[:len(packets)-1] {
				var p wire.Packet
				if p.Decode(b); len(p.Payload) != test.payloads[min(i, len(test.payloads)-1)] {
					t.Errorf("packet %d has %d bytes of payload, want %d", i, len(p.Payload), test.payloads)
				}
			}
		})
	}
}
