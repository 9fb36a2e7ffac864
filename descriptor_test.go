// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"reflect"
	"strings"
	"testing"
)

// dtype makes a dtype of which the test knows that it is legal.
func dtype(tb testing.TB, text string) *DType {
	tb.Helper()
	d, err := ParseDType(text)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// format makes a format of which the test knows that it is legal.
func format(tb testing.TB, text string) Format {
	tb.Helper()
	f, err := ParseFormat(text)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

func TestIllegalDescriptorsAreRefused(t *testing.T) {
	u8, f4 := Format{{'u', 8}}, dtype(t, "<f4")
	tests := []struct {
		name  string
		d     Descriptor
		field string
	}{
		{"neither dtype nor format", Descriptor{}, "Descriptor.Format"},
		{"empty format", Descriptor{Format: Format{}}, "Descriptor.Format"},
		{"both dtype and format", Descriptor{Format: u8, DType: f4}, "Descriptor.Format"},
		{"two variable dimensions", Descriptor{Format: u8, Shape: Shape{Variable, 2, Variable}}, "Descriptor.Shape"},
		{"a negative dimension", Descriptor{Format: u8, Shape: Shape{-2}}, "Descriptor.Shape"},
		{"a variable dimension with dtype", Descriptor{DType: f4, Shape: Shape{Variable}}, "Descriptor.Shape"},
		{"65 dimensions", Descriptor{DType: f4, Shape: make(Shape, 65)}, "Descriptor.Shape"},
		{"Fortran order with format", Descriptor{Format: u8, FortranOrder: true}, "Descriptor.FortranOrder"},
		{"a zero dtype", Descriptor{DType: &DType{}}, "Descriptor.DType"},
		{"objects", Descriptor{DType: &DType{kind: KindObject, size: 8}}, "Descriptor.DType"},
		{"no bits", Descriptor{Format: Format{{'u', 0}}}, "Descriptor.Format"},
		{"negative bits", Descriptor{Format: Format{{'i', -8}}}, "Descriptor.Format"},
		{"f16", Descriptor{Format: Format{{'f', 16}}}, "Descriptor.Format"},
		{"c16", Descriptor{Format: Format{{'c', 16}}}, "Descriptor.Format"},
		{"an unknown code", Descriptor{Format: Format{{'z', 8}}}, "Descriptor.Format"},
		{"an item reference", Descriptor{Format: Format{{'0', 8}}}, "Descriptor.Format"},
		{"one field of too many bits", Descriptor{Format: Format{{'u', 1 << 40}}}, "Descriptor.Format"},
		{"fields of too many bits", Descriptor{Format: Format{{'u', elementBitsMax}, {'u', 1}}}, "Descriptor.Format"},
		{"a name that isn't ASCII", Descriptor{Name: "\u00c8", Format: u8}, "Descriptor.Name"},
		{"a description that isn't ASCII", Descriptor{Description: "\x80", Format: u8}, "Descriptor.Description"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			expectFieldError(t, test.d.Validate(), test.field)
			_, err := NewItem(test.d)
			expectFieldError(t, err, test.field)
			test.d.ID = 0x1000
			_, err = test.d.Raw(Flavour{})
			expectFieldError(t, err, test.field)
		})
	}
}

func TestRawDescriptorsAreThoseOfSpead2(t *testing.T) {
	compat := Flavour{}.WithBugCompat(BugPySPEAD)
	tests := []struct {
		name string
		d    Descriptor
		f    Flavour
		want RawDescriptor
	}{
		{"a format", Descriptor{ID: 0x1000, Name: "a", Description: "b", Shape: Shape{Variable, 2}, Format: format(t, "u12,b1")},
			Flavour{}, RawDescriptor{ID: 0x1000, Name: []byte("a"), Description: []byte("b"), Shape: Shape{Variable, 2},
				Format: Format{{'u', 12}, {'b', 1}}}},
		{"two dimensions", Descriptor{ID: 1, Shape: Shape{2, 3}, DType: dtype(t, "<u2")}, Flavour{},
			header(1, Shape{2, 3}, "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3)}")},
		{"one dimension", Descriptor{ID: 1, Shape: Shape{2}, DType: dtype(t, "S5"), FortranOrder: true}, Flavour{},
			header(1, Shape{2}, "{'descr': '|S5', 'fortran_order': True, 'shape': (2,)}")},
		{"a scalar structure", Descriptor{ID: 1, DType: dtype(t, "[('t', '<u8'), ('x', '>f4', (3,))]")}, Flavour{},
			header(1, nil, "{'descr': [('t', '<u8'), ('x', '>f4', (3,))], 'fortran_order': False, 'shape': ()}")},
		{"swapped", Descriptor{ID: 1, DType: dtype(t, "[('t', '<u8'), ('x', '>f4'), ('c', 'u1')]")}, compat,
			header(1, nil, "{'descr': [('t', '>u8'), ('x', '<f4'), ('c', '|u1')], 'fortran_order': False, 'shape': ()}")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			raw, err := test.d.Raw(test.f)
			if err != nil {
				t.Fatal(err)
			}
			if string(raw.NumpyHeader) != string(test.want.NumpyHeader) {
				t.Errorf("header %s", raw.NumpyHeader)
			}
			if len(raw.Shape) != len(test.want.Shape) || string(raw.Name) != string(test.want.Name) ||
				string(raw.Description) != string(test.want.Description) || !reflect.DeepEqual(raw.Format, test.want.Format) {
				t.Errorf("got %+v, want %+v", raw, test.want)
			}
			back, err := raw.Descriptor(test.f.BugCompat())
			if err != nil || !back.Equal(&test.d) || back.NumpyHeader != string(raw.NumpyHeader) {
				t.Errorf("comes back as %+v, %v", back, err)
			}
		})
	}
}

func header(id ItemID, shape Shape, text string) RawDescriptor {
	return RawDescriptor{ID: id, Shape: shape, NumpyHeader: []byte(text)}
}

func TestWhatAFlavourHasNoRoomForIsRefused(t *testing.T) {
	narrow, err := NewFlavour(56, 0)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := NewFlavour(8, 0)
	if err != nil {
		t.Fatal(err)
	}
	compat := narrow.WithBugCompat(BugDescriptorWidths)
	u := func(bits int64) Format { return Format{{'u', bits}} }
	tests := []struct {
		name  string
		f     Flavour
		d     Descriptor
		field string
	}{
		{"id 0", Flavour{}, Descriptor{Format: u(8)}, "Descriptor.ID"},
		{"an id of too many bits for the pointer", narrow, Descriptor{ID: 1 << 7, Format: u(8)}, "Descriptor.ID"},
		{"an id of too many bits for an immediate", wide, Descriptor{ID: 1 << 8, Format: u(8)}, "Descriptor.ID"},
		{"too many bits", narrow, Descriptor{ID: 1, Format: u(256)}, "Descriptor.Format"},
		{"too many bits for PySPEAD", compat, Descriptor{ID: 1, Format: u(1 << 24)}, "Descriptor.Format"},
		{"too long a dimension", wide, Descriptor{ID: 1, Format: u(8), Shape: Shape{256}}, "Descriptor.Shape"},
		{"too long a dimension with dtype", wide, Descriptor{ID: 1, DType: dtype(t, "u1"), Shape: Shape{256}}, "Descriptor.Shape"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.d.Raw(test.f)
			expectFieldError(t, err, test.field)
		})
	}
	for _, fits := range []struct {
		f Flavour
		d Descriptor
	}{
		{narrow, Descriptor{ID: 1<<7 - 1, Format: u(255)}},
		{compat, Descriptor{ID: 1, Format: u(1<<24 - 1), Shape: Shape{1<<56 - 1, Variable}}},
		{wide, Descriptor{ID: 255, Format: u(elementBitsMax), Shape: Shape{255}}},
	} {
		if _, err := fits.d.Raw(fits.f); err != nil {
			t.Error(err)
		}
	}
}

func TestMalformedHeadersAreRefused(t *testing.T) {
	tests := map[string]string{
		"{'descr': 'S1'":  "comma or }",
		"123":             "dict",
		"import os":       "literal",
		"{'descr': 'S1'}": "dict of descr",
		"{'descr': 'S1', 'fortran_order': False, 'shape': (), 'x': 1}":                         "dict of descr",
		"{'descr': 'S1', 'fortran_order': False, 'form': ()}":                                  "dict of descr",
		"{'descr': 'S1', 'fortran_order': False, 'shape': (-1,)}":                              "shape",
		"{'descr': 1, 'fortran_order': False, 'shape': ()}":                                    "dtype",
		"{'descr': '+-', 'fortran_order': False, 'shape': ()}":                                 "dtype",
		"{'descr': '|O', 'fortran_order': False, 'shape': ()}":                                 "objects",
		"{'descr': '|S0', 'fortran_order': False, 'shape': ()}":                                "one byte",
		"{'descr': 'S1', 'fortran_order': 0, 'shape': ()}":                                     "fortran_order",
		"{'descr': 'S1', 'fortran_order': False, 'shape': (None,)}":                            "shape",
		"{'descr': 'S1', 'fortran_order': False, 'shape': [2]}":                                "shape",
		"{'descr': 'S1', 'fortran_order': False, 'shape': (2)}":                                "shape",
		"{'descr': 'S1', 'fortran_order': False, 'shape': (True,)}":                            "shape",
		"{'descr': 'S1', 'fortran_order': False, 'shape': ()} \u00c8":                          "ASCII",
		"{'descr': 'S1', 'fortran_order': False, 'shape': (" + strings.Repeat("1,", 65) + ")}": "dimensions",
	}
	for text, want := range tests {
		raw := header(1, nil, text)
		_, err := raw.Descriptor(0)
		if err == nil {
			t.Errorf("%q is read", text)
		}
		expectFieldError(t, err, want)
	}
}

func TestHeadersOverrideShapeAndFormat(t *testing.T) {
	raw := RawDescriptor{ID: 1, Shape: Shape{Variable}, Format: Format{{'q', 0}},
		NumpyHeader: []byte("{ \"shape\":(2,  ), 'fortran_order':False,\n'descr': '>i2', }  ")}
	d, err := raw.Descriptor(0)
	want := Descriptor{ID: 1, Shape: Shape{2}, DType: dtype(t, ">i2")}
	if err != nil || !d.Equal(&want) {
		t.Errorf("%+v, %v", d, err)
	}
	if d, err = raw.Descriptor(BugSwapEndian); err != nil || d.DType.String() != "<i2" {
		t.Errorf("swapped: %+v, %v", d, err)
	}
}

func TestAllowImmediateFollowsSpead2(t *testing.T) {
	tests := []struct {
		d    Descriptor
		bits int64
		want bool
	}{
		{Descriptor{Format: format(t, "u40")}, 40, true},
		{Descriptor{Format: format(t, "u12")}, 12, false},
		{Descriptor{Format: format(t, "u12,i4")}, 16, true},
		{Descriptor{Format: format(t, "u8"), Shape: Shape{Variable}}, 8, false},
		{Descriptor{DType: dtype(t, "S3"), Shape: Shape{100}}, 24, true},
	}
	for _, test := range tests {
		if got := test.d.AllowImmediate(); got != test.want || test.d.ItemSizeBits() != test.bits {
			t.Errorf("%v %v: %v of %d bits", test.d.Format, test.d.Shape, got, test.d.ItemSizeBits())
		}
	}
}

func TestDescriptorsThatDifferAreNotEqual(t *testing.T) {
	base := Descriptor{ID: 1, Name: "n", Description: "d", Shape: Shape{2}, DType: dtype(t, "<u2")}
	same := base
	same.Shape, same.DType, same.NumpyHeader = Shape{2}, dtype(t, "u2"), "text"
	if !base.Equal(&same) {
		t.Error("equal descriptors differ")
	}
	changes := map[string]func(*Descriptor){
		"id": func(d *Descriptor) { d.ID = 2 }, "name": func(d *Descriptor) { d.Name = "" },
		"description": func(d *Descriptor) { d.Description = "" }, "shape": func(d *Descriptor) { d.Shape = Shape{3} },
		"dtype": func(d *Descriptor) { d.DType = dtype(t, ">u2") }, "no dtype": func(d *Descriptor) { d.DType = nil },
		"order": func(d *Descriptor) { d.FortranOrder = true }, "format": func(d *Descriptor) { d.Format = Format{{'u', 1}} },
		"fields": func(d *Descriptor) { d.DType = dtype(t, "[('a', 'u2')]") },
	}
	for name, change := range changes {
		other := base
		change(&other)
		if base.Equal(&other) || other.Equal(&base) {
			t.Errorf("another %s is taken for equal", name)
		}
	}
}

func TestEveryPrefixOfAHeaderIsRefused(t *testing.T) {
	for _, header := range []string{
		`{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3)}`,
		`{"shape": (), "fortran_order": True, "descr": [('a', '>f4', (2, 2)), ('b', [('c', '|S5'), ('d', '<U3')])]}`,
	} {
		d := RawDescriptor{ID: 7, NumpyHeader: []byte(header)}
		if _, err := d.Descriptor(0); err != nil {
			t.Fatal(err)
		}
		for n := 1; n < len(header); n++ {
			d.NumpyHeader = []byte(header[:n])
			if got, err := d.Descriptor(0); err == nil {
				t.Errorf("%q gives %v", header[:n], got.DType)
			}
		}
	}
}
