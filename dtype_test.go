// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"errors"
	"strings"
	"testing"
)

// TestDTypesAreReadAndPrintedAsNumpyDoes: numpy 1.24 gave what is wanted here.
func TestDTypesAreReadAndPrintedAsNumpyDoes(t *testing.T) {
	tests := []struct {
		text, want string
		size       int64
	}{
		{"<i4", "<i4", 4}, {"i4", "<i4", 4}, {"=i4", "<i4", 4}, {"|i4", "<i4", 4}, {">i4", ">i4", 4},
		{"<i1", "|i1", 1}, {">u1", "|u1", 1}, {"|b1", "|b1", 1}, {"?", "|b1", 1}, {"b", "|i1", 1},
		{"B", "|u1", 1}, {"h", "<i2", 2}, {"L", "<u8", 8}, {"q", "<i8", 8}, {"e", "<f2", 2},
		{"d", "<f8", 8}, {"D", "<c16", 16}, {"bool", "|b1", 1}, {"float32", "<f4", 4},
		{"complex64", "<c8", 8}, {"S6", "|S6", 6}, {"<S6", "|S6", 6}, {"a5", "|S5", 5}, {"c", "|S1", 1},
		{"U4", "<U4", 16}, {">U4", ">U4", 16}, {"V3", "|V3", 3}, {"<V3", "|V3", 3}, {"'<V3'", "|V3", 3},
		{"M8[ns]", "<M8[ns]", 8}, {">M8[ns]", ">M8[ns]", 8}, {"m8[25s]", "<m8[25s]", 8},
		{"M8", "<M8", 8}, {"<m8", "<m8", 8}, {"M", "<M8", 8}, {"i04", "<i4", 4}, {" <f2 ", "<f2", 2},
		{"[('a','<u1'),('','|V3'),('b','<u4')]", "[('a', '|u1'), ('f1', '|V3'), ('b', '<u4')]", 8},
		{"[(('T','a'),'<i4')]", "[(('T', 'a'), '<i4')]", 4},
		{"[('x','<f4',(2,3))]", "[('x', '<f4', (2, 3))]", 24},
		{"[('x','<f4',3)]", "[('x', '<f4', (3,))]", 12},
		{"[('x','<f4',1)]", "[('x', '<f4')]", 4},
		{"[('x','<f4',())]", "[('x', '<f4')]", 4},
		{"[('x',('<f4',(2,)))]", "[('x', '<f4', (2,))]", 8},
		{"[('x',[('y','>i2')],(2,))]", "[('x', [('y', '>i2')], (2,))]", 4},
		{`[("it's",'<i4')]`, `[("it's", '<i4')]`, 4},
		// numpy prints this one as it was, but its arrays have the dimensions 3 and 2.
		{"[('x',('<f4',(2,)),(3,))]", "[('x', '<f4', (3, 2))]", 24},
	}
	for _, test := range tests {
		d, err := ParseDType(test.text)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if d.String() != test.want || d.Size() != test.size {
			t.Errorf("%q: %v of %d bytes, want %v of %d", test.text, d, d.Size(), test.want, test.size)
		}
		again, err := ParseDType(d.String())
		if err != nil || !again.Equal(d) {
			t.Errorf("%v does not read back: %v, %v", d, again, err)
		}
		if swapped := d.SwapOrder(); !swapped.SwapOrder().Equal(d) {
			t.Errorf("%v swapped twice is %v", d, swapped.SwapOrder())
		}
	}
}

func TestIllegalDTypesAreRefused(t *testing.T) {
	tests := map[string]string{
		"":      "numpy type",
		"<":     "numpy type",
		"+-":    "numpy type",
		"i3":    "i of",
		"b2":    "b of",
		"M4":    "M of",
		"f16":   "long double",
		"g":     "long double",
		"c32":   "long double",
		">f12":  "long double",
		"O":     "objects",
		"|O8":   "objects",
		"|S":    "one byte",
		"S0":    "one byte",
		"U0":    "one byte",
		"V":     "one byte",
		"S-1":   "one byte",
		"Snan":  "numpy type",
		"T":     "numpy type",
		"i4,f8": "numpy type",
		"i4 ,":  "numpy type",
		// numpy knows more forms of units than it prints.
		"M8[foo]":                               "unit of time",
		"M8[s/2]":                               "unit of time",
		"M8[ns":                                 "unit of time",
		"i8[ns]":                                "unit of time",
		"U536870912":                            "2147483647",
		"S2147483648":                           "numpy type",
		"[]":                                    "at least one",
		"[('a','i4'),('a','i4')]":               "no other",
		"[('f1','i4'),('','i4')]":               "no other",
		"[('a','S0'),('b','i4')]":               "one byte",
		"('<f4', (2,))":                         "numpy type",
		"[['a','i4']]":                          "(name, type)",
		"[('a',)]":                              "(name, type)",
		"[('a','i4',(1,),1)]":                   "(name, type)",
		"[(1,'i4')]":                            "a name",
		"[(('t',1),'i4')]":                      "a name",
		"[('a', 4)]":                            "numpy type",
		"[('a', ())]":                           "numpy type",
		"[('a', 'O')]":                          "objects",
		"[('x','<f4',(0,))]":                    "1 or more",
		"[('x','<f4',(-1,))]":                   "1 or more",
		"[('x','<f4',('a',))]":                  "1 or more",
		"[('x','<f4',[2])]":                     "shape",
		"[('x','<f4',None)]":                    "shape",
		"[('x','<f4',(65536, 65536))]":          "2147483647",
		"[('x','<f4',(9223372036854775807,2))]": "2147483647",
		"[('x','S2147483647'),('y','u1')]":      "2147483647",
		"[('x','<f4'":                           "comma",
		"{'names': ['a'], 'formats': ['i4']}":   "numpy type",
	}
	for text, want := range tests {
		d, err := ParseDType(text)
		expectFieldError(t, err, want)
		if err == nil {
			t.Errorf("%q gave %v", text, d)
		}
	}
}

// expectFieldError checks that err is a *FieldError that says want.
func expectFieldError(t *testing.T, err error, want string) {
	t.Helper()
	var field *FieldError
	if !errors.As(err, &field) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want a *FieldError that contains %q", err, want)
	}
}

func TestByteOrderIsSwappedWithinStructures(t *testing.T) {
	d, err := ParseDType("[('a', '<u2'), ('s', '|S3'), ('n', [('b', '>f8'), ('c', '|u1')], (2,)), ('u', '<U2')]")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.SwapOrder().String(),
		"[('a', '>u2'), ('s', '|S3'), ('n', [('b', '<f8'), ('c', '|u1')], (2,)), ('u', '>U2')]"; got != want {
		t.Errorf("swapped: %v, want %v", got, want)
	}
	if got, want := d.LittleEndian().String(),
		"[('a', '<u2'), ('s', '|S3'), ('n', [('b', '<f8'), ('c', '|u1')], (2,)), ('u', '<U2')]"; got != want {
		t.Errorf("little-endian: %v, want %v", got, want)
	}
	if fields := d.Fields(); len(fields) != 4 || fields[2].Name != "n" || fields[2].Shape.String() != "(2,)" ||
		fields[2].DType.Kind() != KindStruct || !fields[3].DType.LittleEndian().Equal(fields[3].DType) {
		t.Errorf("fields %+v", fields)
	}
	b := []byte{1, 2, 3, 4, 5}
	if d, err = ParseDType("[('a', '>u2'), ('b', '<u2'), ('c', 'u1')]"); err != nil {
		t.Fatal(err)
	}
	d.reorderBytes(b, false)
	if string(b) != "\x02\x01\x03\x04\x05" {
		t.Errorf("reordered: % x", b)
	}
}
