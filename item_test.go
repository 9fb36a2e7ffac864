// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"testing"
)

// item makes an item of which the test knows that it is legal.
func item(tb testing.TB, d Descriptor) *Item {
	tb.Helper()
	if d.ID == 0 {
		d.ID = 0x1000
	}
	it, err := NewItem(d)
	if err != nil {
		tb.Fatal(err)
	}
	return it
}

// formatItem makes an item with a format.
func formatItem(tb testing.TB, text string, shape ...int64) *Item {
	tb.Helper()
	return item(tb, Descriptor{Name: "it", Format: format(tb, text), Shape: shape})
}

// dtypeItem makes an item with a dtype.
func dtypeItem(tb testing.TB, text string, shape ...int64) *Item {
	tb.Helper()
	return item(tb, Descriptor{Name: "it", DType: dtype(tb, text), Shape: shape})
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// TestKnownValues: the examples of spead2's own tests and of the SPEAD document.
func TestKnownValues(t *testing.T) {
	tests := []struct {
		name string
		it   *Item
		hex  string
		want any
	}{
		{"u12", formatItem(t, "u12", 3), "abcdef1230", []any{uint64(0xabc), uint64(0xdef), uint64(0x123)}},
		{"i12", formatItem(t, "i12", 3), "abcdef1230", []any{int64(-1348), int64(-529), int64(291)}},
		{"fields of all kinds", formatItem(t, "b1,i7,c8,f32", 2), "91793f800000696ebf800000",
			[]any{[]any{true, int64(17), "y", float32(1)}, []any{false, int64(-23), "n", float32(-1)}}},
		{"i32", formatItem(t, "i32"), "f8a432eb", int64(-123456789)},
		{"u48", formatItem(t, "u48"), "9234567890ab", uint64(0x9234567890ab)},
		{"i48", formatItem(t, "i48"), "ffffffffffff", int64(-1)},
		{"text", formatItem(t, "c8", Variable), "48656c6c6f20776f726c64", "Hello world"},
		{"a character", formatItem(t, "c8"), "6d", "m"},
		{"characters in two dimensions", formatItem(t, "c8", 1, 2), "6d00", []any{[]any{"m", ""}}},
		{"f64 of numpy", dtypeItem(t, "<f8", 1), "000000000000f03f", []any{1.0}},
		{"f16 of numpy", dtypeItem(t, ">f2"), "bee0", float32(-1.71875)},
		{"u4 strings", dtypeItem(t, ">U2", 2), "0000005a0000006f000003c000000000", []any{"Zo", "π"}},
		{"byte strings", dtypeItem(t, "S3", 2), "6d006e000000", []any{"m\x00n", ""}},
		{"padding", dtypeItem(t, "[('a','u1'),('','V3'),('b','<u4')]"), "0fcccccc78dfd732",
			[]any{uint64(15), []byte{0xcc, 0xcc, 0xcc}, uint64(853008248)}},
		{"a datetime", dtypeItem(t, ">M8[ns]"), "8000000000000000", int64(math.MinInt64)},
		{"a complex number", dtypeItem(t, ">c8"), "3f800000c0000000", complex64(complex(1, -2))},
		{"no elements", formatItem(t, "u8", 2, 0, Variable), "", []any{[]any{}, []any{}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wire := unhex(t, test.hex)
			if err := test.it.SetRaw(RawItem{Value: wire}); err != nil {
				t.Fatal(err)
			}
			got, err := test.it.Value()
			if diff := sameValue(t, got, test.want); err != nil || diff != "" {
				t.Errorf("decoded: %v %s", err, diff)
			}
			if err := test.it.SetValue(test.want); err != nil {
				t.Fatal(err)
			}
			if b, err := test.it.Bytes(); hex.EncodeToString(b) != test.hex && test.name != "u4 strings" {
				t.Errorf("encoded: % x, %v; want % x", b, err, wire)
			}
		})
	}
}

func TestImmediatesArePaddedInFront(t *testing.T) {
	tests := []struct {
		name  string
		it    *Item
		value string
		want  any
	}{
		{"u32 of 48 bits", formatItem(t, "u32"), "000012345678", uint64(0x12345678)},
		{"u48", formatItem(t, "u48"), "9234567890ab", uint64(0x9234567890ab)},
		{"negative i48", formatItem(t, "i48"), "9234567890ab", int64(-0x6DCBA9876F55)},
		{"u12, which stands in the high bits", formatItem(t, "u12"), "00000000fabc", uint64(0xfab)},
		{"b1", formatItem(t, "b1"), "000000000080", true},
		{"little-endian", dtypeItem(t, "<u2"), "000000007654", uint64(0x5476)},
		{"no elements", formatItem(t, "u8", 0), "84929d1c3b7b", []any{}},
		{"a variable dimension", formatItem(t, "u16", Variable), "000100020003", []any{uint64(1), uint64(2), uint64(3)}},
		{"text", formatItem(t, "c8", Variable), "000000006869", "hi"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := test.it.SetRaw(RawItem{Immediate: true, Value: unhex(t, test.value)}); err != nil {
				t.Fatal(err)
			}
			got, err := test.it.Value()
			if diff := sameValue(t, got, test.want); err != nil || diff != "" || !test.it.Immediate() {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestBadValuesLeaveTheItemAsItWas(t *testing.T) {
	tests := []struct {
		name string
		it   *Item
		raw  string
		want string
	}{
		{"99 of 100 bytes", formatItem(t, "u32", 5, 5), hex.EncodeToString(make([]byte, 99)), "24 is not allowed: expected at least 25"},
		{"numpy", dtypeItem(t, "<f8", 2), "0102030405060708090a0b0c0d0e0f", "1 is not allowed: expected at least 2"},
		{"bits", formatItem(t, "u12", 5), "01020304050607", "4 is not allowed: expected at least 5"},
		{"nothing", formatItem(t, "u8"), "", "0 is not allowed: expected at least 1"},
		{"more elements than there can be", formatItem(t, "u8", 1<<40, 1<<40), "00", "9223372036854775807"},
		{"text that isn't ASCII", formatItem(t, "c8", Variable), "61c3", "ASCII"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			expectFieldError(t, test.it.SetRaw(RawItem{Value: unhex(t, test.raw)}), test.want)
			expectFieldError(t, test.it.SetRaw(RawItem{Value: unhex(t, test.raw)}), `item "it" (0x1000)`)
			if test.it.HasValue() || test.it.Version() != 1 {
				t.Error("the item has a value")
			}
		})
	}
}

func TestValuesThatWereNeverSetAreAnError(t *testing.T) {
	it := formatItem(t, "u8", 1)
	_, value := it.Value()
	_, wire := it.Bytes()
	_, typed := Values[uint8](it)
	_, text := it.Text()
	_, list := it.Strings()
	_, integers := it.BigInts()
	_, little := it.AppendLittleEndian(nil)
	for _, err := range []error{value, wire, typed, text, list, integers, little} {
		if !errors.Is(err, ErrNoValue) {
			t.Errorf("error %v", err)
		}
	}
}

func TestItemsNotMadeByNewItemAreRefused(t *testing.T) {
	var it Item
	expectFieldError(t, it.SetRaw(RawItem{Value: []byte{1}}), "NewItem")
	expectFieldError(t, it.SetBytes([]byte{1}), "NewItem")
	expectFieldError(t, it.SetValue(1), "NewItem")
	expectFieldError(t, SetValues(&it, []uint8{1}), "type")
	if _, err := Values[uint8](&it); !errors.Is(err, ErrNoValue) {
		t.Error(err)
	}
}

func TestVersionsCountTheValues(t *testing.T) {
	it := formatItem(t, "u8", 2)
	steps := []func() error{
		func() error { return it.SetRaw(RawItem{Value: []byte{1, 2}}) },
		func() error { return it.LeaseRaw(RawItem{Value: []byte{1, 2}}) },
		func() error { return it.SetBytes([]byte{1, 2}) },
		func() error { return it.LeaseBytes([]byte{1, 2}) },
		func() error { return it.SetValue([]int{1, 2}) },
		func() error { return SetValues(it, []int{1, 2}) },
		func() error { it.Touch(); return nil },
	}
	for i, step := range steps {
		if err := step(); err != nil || it.Version() != uint64(i+2) {
			t.Errorf("step %d: version %d, %v", i, it.Version(), err)
		}
	}
}

func TestMemoryBelongsToWhomTheMethodsSay(t *testing.T) {
	it := formatItem(t, "u8", 2)
	wire := []byte{1, 2}
	is := func(what string, want ...uint8) {
		t.Helper()
		if v, err := Values[uint8](it); err != nil || !reflect.DeepEqual(v, want) {
			t.Errorf("%s: %v, %v; want %v", what, v, err, want)
		}
	}
	set := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	set(it.SetRaw(RawItem{Value: wire}))
	wire[0] = 9
	is("a copied value", 1, 2)
	earlier, _ := it.Bytes()
	set(SetValues(it, []uint8{3, 4}))
	if earlier[0] != 1 {
		t.Error("setting a value changed what was received")
	}
	heap, _ := it.Bytes()
	set(SetValues(it, []uint8{5, 6}))
	if heap[0] != 5 {
		t.Error("setting a value of the same size moved it")
	}
	set(it.LeaseBytes(wire))
	wire[0] = 8
	is("leased bytes", 8, 2)
	set(it.SetBytes([]byte{7, 7}))
	if wire[0] != 8 {
		t.Error("setting a value wrote into leased memory")
	}
	set(it.LeaseRaw(RawItem{Value: wire}))
	wire[1] = 0
	is("a leased value", 8, 0)
	set(it.SetBytes([]byte{7, 7}))
	if wire[0] != 8 {
		t.Error("setting a value wrote into a leased heap")
	}
}

func TestBytesHaveToBeWhatTheShapeNeeds(t *testing.T) {
	tests := []struct {
		it      *Item
		lengths map[int]bool
	}{
		{formatItem(t, "u16", 2), map[int]bool{0: false, 3: false, 4: true, 5: false}},
		{formatItem(t, "u12", 3), map[int]bool{4: false, 5: true, 6: false}},
		{formatItem(t, "u16", Variable, 2), map[int]bool{0: true, 2: false, 4: true, 5: false, 8: true}},
		{formatItem(t, "u16", 0), map[int]bool{0: true, 1: false}},
		{formatItem(t, "u1", Variable), map[int]bool{0: true, 3: true}},
	}
	for _, test := range tests {
		for length, legal := range test.lengths {
			set, leased := test.it.SetBytes(make([]byte, length)), test.it.LeaseBytes(make([]byte, length))
			if (set == nil) != legal || (leased == nil) != legal {
				t.Errorf("%v %v: %d bytes: %v, %v", test.it.Format, test.it.Shape, length, set, leased)
			}
		}
	}
	text := formatItem(t, "c8", Variable)
	expectFieldError(t, text.SetBytes([]byte{0x80}), "ASCII")
	expectFieldError(t, text.LeaseBytes([]byte{0x80}), "ASCII")
}
