// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/gospead/spead"
)

// flavour makes a flavour of which the test knows that it is legal.
func flavour(tb testing.TB, addressBits int, bug spead.BugCompat) spead.Flavour {
	tb.Helper()
	f, err := spead.NewFlavour(addressBits, bug)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// unhex reads hexadecimal with blanks in it.
func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestHeadersOfEachFlavour(t *testing.T) {
	for bits, want := range map[int]string{
		8:  "53 04 07 01 00 00 00 05",
		16: "53 04 06 02 00 00 00 05",
		24: "53 04 05 03 00 00 00 05",
		32: "53 04 04 04 00 00 00 05",
		40: "53 04 03 05 00 00 00 05",
		48: "53 04 02 06 00 00 00 05",
		56: "53 04 01 07 00 00 00 05",
	} {
		got := AppendHeader(nil, flavour(t, bits, 0), 5)
		if string(got) != string(unhex(t, want)) {
			t.Errorf("SPEAD-64-%d: % x, want %s", bits, got, want)
		}
	}
	if got := AppendHeader(nil, spead.Flavour{}, MaxPointers); string(got) != string(unhex(t, "530403050000ffff")) {
		t.Errorf("most pointers: % x", got)
	}
}

func TestPointersAsSpead2WritesThem(t *testing.T) {
	for _, test := range []struct {
		name    string
		bits    int
		pointer Pointer
		want    string
	}{
		{"immediate in 64-40", 40, ImmediatePointer(40, 0x1600, 12345), "80 16 00 00 00 00 30 39"},
		{"immediate in 64-48", 48, ImmediatePointer(48, 0x1600, 12345), "96 00 00 00 00 00 30 39"},
		{"address in 64-48", 48, AddressPointer(48, 0x5000, 0), "50 00 00 00 00 00 00 00"},
		{"descriptor in 64-40", 40, AddressPointer(40, spead.DescriptorID, 0), "00 00 05 00 00 00 00 00"},
		{"u16 in 64-48", 48, ImmediatePointer(48, 0x2345, 0x7654), "a3 45 00 00 00 00 76 54"},
		{"i48 of -1", 48, ImmediatePointer(48, 0x2345, 1<<48-1), "a3 45 ff ff ff ff ff ff"},
		{"largest of 64-8", 8, ImmediatePointer(8, 1<<55-1, 255), "ff ff ff ff ff ff ff ff"},
		{"largest of 64-56", 56, AddressPointer(56, 127, 1<<56-1), "7f ff ff ff ff ff ff ff"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := AppendPointer(nil, test.pointer); string(got) != string(unhex(t, test.want)) {
				t.Errorf("% x, want %s", got, test.want)
			}
		})
	}
}

func TestPointersGiveBackWhatTheyWereMadeOf(t *testing.T) {
	for bits := 8; bits <= 56; bits += 8 {
		f := flavour(t, bits, 0)
		for _, id := range []spead.ItemID{0, 1, f.MaxItemID() / 3, f.MaxItemID()} {
			for _, value := range []uint64{0, 1, f.MaxImmediate() / 3, f.MaxImmediate()} {
				if p := ImmediatePointer(bits, id, value); !p.Immediate() || p.ID(bits) != id || p.Value(bits) != value {
					t.Errorf("%v: immediate %v, %d became %x", f, id, value, uint64(p))
				}
				if p := AddressPointer(bits, id, value); p.Immediate() || p.ID(bits) != id || p.Value(bits) != value {
					t.Errorf("%v: address %v, %d became %x", f, id, value, uint64(p))
				}
			}
		}
	}
}

func TestEmptyHeapAsSpead2WritesIt(t *testing.T) {
	for bits, want := range map[int]string{
		48: "5304020600000005 8001000000123456 8002000000000001 8003000000000000 8004000000000001 0000000000000000 00",
		40: "5304030500000005 8000010000123456 8000020000000001 8000030000000000 8000040000000001 0000000000000000 00",
	} {
		f := flavour(t, bits, 0)
		got := AppendHeader(nil, f, SpecialCount+1)
		got = AppendSpecials(got, f, Specials{Cnt: 0x123456, HeapLength: 1, PayloadLength: 1})
		got = AppendPointer(got, AddressPointer(bits, spead.NullID, 0))
		got = append(got, 0)
		if string(got) != string(unhex(t, want)) {
			t.Errorf("SPEAD-64-%d: % x, want %s", bits, got, want)
		}
	}
}

func TestAppendingToEnoughMemoryAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 1024)
	descriptor := &spead.RawDescriptor{
		ID: 0x1234, Name: []byte("name"), Format: spead.Format{{Code: 'u', Bits: 8}}, Shape: spead.Shape{spead.Variable, 3},
	}
	allocs := testing.AllocsPerRun(100, func() {
		dst = AppendHeader(dst[:0], spead.Flavour{}, SpecialCount+1)
		dst = AppendSpecials(dst, spead.Flavour{}, Specials{Cnt: 1, HeapLength: 2, PayloadLength: 2})
		dst = AppendPointer(dst, AddressPointer(40, 0x1000, 0))
		var err error
		if dst, err = AppendDescriptor(dst, spead.Flavour{}, descriptor); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestDatagramIsGatheredInOrder(t *testing.T) {
	d := Datagram{Header: []byte("header "), Payload: [][]byte{[]byte("a"), nil, []byte("bc")}, Size: 10}
	if got := string(d.AppendTo([]byte("before "))); got != "before header abc" {
		t.Errorf("%q", got)
	}
}
