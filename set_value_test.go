// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"math/big"
	"reflect"
	"testing"
)

func TestValuesAreSetFromListsOfAnyType(t *testing.T) {
	tests := []struct {
		name string
		it   *Item
		v    any
		hex  string
	}{
		{"slices of slices", formatItem(t, "u16", 2, Variable), [][]uint16{{1, 2}, {3, 4}}, "0001000200030004"},
		{"arrays", formatItem(t, "u8", 2, 2), [2][2]int{{1, 2}, {3, 4}}, "01020304"},
		{"a pointer", formatItem(t, "u8", 2), &[]int{1, 2}, "0102"},
		{"records", formatItem(t, "u4,i4", 2), [][]int{{1, -1}, {2, -2}}, "1f2e"},
		{"text", formatItem(t, "c8", Variable), "hi", "6869"},
		{"text from bytes", formatItem(t, "c8", Variable), []byte("hi"), "6869"},
		{"text from characters", formatItem(t, "c8", Variable), []string{"h", "i"}, "6869"},
		{"a big integer", formatItem(t, "u8"), big.NewInt(7), "07"},
		{"a big integer for a dtype", dtypeItem(t, "<u2"), big.NewInt(7), "0700"},
		{"a small integer for a wide field", formatItem(t, "i72"), -1, "ffffffffffffffffff"},
		{"a sub-array", dtypeItem(t, "[('x', 'u1', (2, 2))]"), []any{[][]int{{1, 2}, {3, 4}}}, "01020304"},
		{"strings", dtypeItem(t, "S3", 2), []string{"ab", "c"}, "616200630000"},
		{"an empty list", formatItem(t, "u8", Variable, 2), []int{}, ""},
		{"void", dtypeItem(t, "V2"), []byte{1, 2}, "0102"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := test.it.SetValue(test.v); err != nil {
				t.Fatal(err)
			}
			if b, _ := test.it.Bytes(); fmt.Sprintf("%x", b) != test.hex {
				t.Errorf("%x, want %s", b, test.hex)
			}
		})
	}
}

func TestValuesThatDoNotFitAreRefused(t *testing.T) {
	var none *big.Int
	tests := []struct {
		name string
		it   *Item
		v    any
		want string
	}{
		{"nothing", formatItem(t, "u8"), nil, "nil"},
		{"a nil pointer", formatItem(t, "u8"), (*int)(nil), "nil"},
		{"no big integer", formatItem(t, "u8"), none, "nil"},
		{"a number for a list", formatItem(t, "u8", 2), 1, "lists"},
		{"a list for a number", formatItem(t, "u8"), []int{1}, "[]int"},
		{"too many", formatItem(t, "u8", 2), []int{1, 2, 3}, "2 in dimension 0"},
		{"ragged lists", formatItem(t, "u8", 2, Variable), [][]int{{1, 2}, {3}}, "a list of 2"},
		{"a number out of range", formatItem(t, "u8"), 256, "256"},
		{"a string for a number", formatItem(t, "u8"), "1", "1"},
		{"a number for a string", dtypeItem(t, "S2"), 1, "S2"},
		{"too long a string", dtypeItem(t, "S2"), "abc", "abc"},
		{"too long a Unicode string", dtypeItem(t, "U2"), "abc", "abc"},
		{"no Unicode string", dtypeItem(t, "U2"), "\xff", "U8"},
		{"two characters for one", formatItem(t, "c8,u1"), []any{"ab", 1}, "ab"},
		{"text of the wrong length", formatItem(t, "c8", 3), "ab", "whole elements"},
		{"text that isn't ASCII", formatItem(t, "c8", Variable), "é", "ASCII"},
		{"characters that aren't ASCII", formatItem(t, "c8", Variable), []string{"\xc8"}, "ASCII"},
		{"void of the wrong length", dtypeItem(t, "V2"), []byte{1}, "V2"},
		{"a record of too few fields", formatItem(t, "u4,i4"), []int{1}, "2 fields"},
		{"a structure of too few fields", dtypeItem(t, "[('a', 'u1')]"), []int{}, "1 fields"},
		{"a sub-array of too few elements", dtypeItem(t, "[('a', 'u1', (2,))]"), []any{[]int{1}}, "a list of 2"},
		{"a field out of range", dtypeItem(t, "[('a', 'u1')]"), []int{-1}, "u1"},
		{"a bit-packed field out of range", formatItem(t, "u4,i4"), []int{1, 8}, "i4"},
		{"a truth value for a wide field", formatItem(t, "u72"), true, "u72"},
		{"a map", formatItem(t, "u8"), map[int]int{}, "map"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			expectFieldError(t, test.it.SetValue(test.v), test.want)
			if test.it.HasValue() {
				t.Error("the item has a value")
			}
		})
	}
}

func TestTextDropsNULsAsSpead2Does(t *testing.T) {
	it := receive(t, formatItem(t, "c8", 9), "6109620a630064207f")
	if s, err := it.Text(); err != nil || s != "a\tb\ncd \x7f" {
		t.Errorf("%q, %v", s, err)
	}
	if err := it.SetText("123456789"); err != nil {
		t.Error(err)
	}
	expectFieldError(t, it.SetText("short"), "whole elements")
	expectFieldError(t, it.SetText("\xff23456789"), "ASCII")
	other := receive(t, formatItem(t, "u8", 1), "00")
	_, err := other.Text()
	expectFieldError(t, err, "c8")
	expectFieldError(t, other.SetText("a"), "c8")
}

func TestStringsAreThoseOfAllKinds(t *testing.T) {
	tests := []struct {
		it   *Item
		wire string
		want []string
	}{
		{dtypeItem(t, "S2", 2), "c8006162", []string{"\xc8", "ab"}},
		{dtypeItem(t, "<U2", 1), "c803000000000000", []string{"ψ"}},
		{formatItem(t, "c8", 1, 2), "6100", []string{"a", ""}},
		{formatItem(t, "c8"), "61", []string{"a"}},
	}
	for _, test := range tests {
		if got, err := receive(t, test.it, test.wire).Strings(); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%v: %q, %v; want %q", test.it.typeName(), got, err, test.want)
		}
	}
	for _, wire := range []string{"00110000", "ffffffff", "0000d800"} {
		it := receive(t, dtypeItem(t, ">U1", 1), wire)
		_, err := it.Strings()
		expectFieldError(t, err, "Unicode")
		_, err = it.Value()
		expectFieldError(t, err, "Unicode")
	}
	_, err := receive(t, formatItem(t, "u8"), "00").Strings()
	expectFieldError(t, err, "strings")
}

func TestShapesOfManyEmptyListsAreNotBuilt(t *testing.T) {
	for _, shape := range []Shape{{1 << 40, 0}, {1 << 62, 1 << 62, 0}, {1 << 17, 1, 1}} {
		it := formatItem(t, "u8", shape...)
		if err := it.SetBytes(make([]byte, shape.Elements())); err != nil {
			t.Fatal(err)
		}
		_, err := it.Value()
		expectFieldError(t, err, "lists")
		if v, err := Values[uint8](it); err != nil || int64(len(v)) != shape.Elements() {
			t.Errorf("%v: %d values, %v", shape, len(v), err)
		}
	}
}
