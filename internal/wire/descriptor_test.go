// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/gospead/spead"
)

func TestFormatFieldsOfEachFlavour(t *testing.T) {
	for _, test := range []struct {
		bits int
		bug  spead.BugCompat
		want string
	}{
		{40, 0, "75 00 00 20"},
		{48, 0, "75 00 20"},
		{56, 0, "75 20"},
		{8, 0, "75 00 00 00 00 00 00 20"},
		{56, spead.BugDescriptorWidths, "75 00 00 20"},
		{8, spead.BugDescriptorWidths, "75 00 00 20"},
		{48, spead.BugShapeBit1 | spead.BugSwapEndian, "75 00 20"},
	} {
		f := flavour(t, test.bits, test.bug)
		format := spead.Format{{Code: 'u', Bits: 32}}
		got := appendFormatFields(nil, f, format)
		if string(got) != string(unhex(t, test.want)) {
			t.Errorf("%v, compatibility %d: % x, want %s", f, test.bug, got, test.want)
		}
		if back := AppendFormat(nil, append(got, got[:len(got)-1]...), f); !cmp.Equal(back, format) {
			t.Errorf("%v, compatibility %d: parsed as %v", f, test.bug, back)
		}
	}
}

func TestShapeFieldsOfEachFlavour(t *testing.T) {
	for _, test := range []struct {
		bits int
		bug  spead.BugCompat
		want string
	}{
		{40, 0, "00 0000000400 01 0000000000"},
		{48, 0, "00 000000000400 01 000000000000"},
		{16, 0, "00 0400 01 0000"},
		{48, spead.BugShapeBit1, "00 000000000400 02 000000000000"},
		{48, spead.BugDescriptorWidths, "00 00000000000400 01 00000000000000"},
		{16, spead.BugPySPEAD, "00 00000000000400 02 00000000000000"},
	} {
		f := flavour(t, test.bits, test.bug)
		shape := spead.Shape{1024, spead.Variable}
		got := appendShapeFields(nil, f, shape)
		if string(got) != string(unhex(t, test.want)) {
			t.Errorf("%v, compatibility %d: % x, want %s", f, test.bug, got, test.want)
		}
		if back := AppendShape(nil, append(got, got[:ShapeFieldSize(f)-1]...), f); !cmp.Equal(back, shape) {
			t.Errorf("%v, compatibility %d: parsed as %v", f, test.bug, back)
		}
	}
}

func TestOnlyOneFlagOfADimensionCounts(t *testing.T) {
	b := unhex(t, "fe 000000000004 ff 000000000004 02 000000000004 01 000000000004")
	if got := AppendShape(spead.Shape{7}, b, flavour(t, 48, 0)); !cmp.Equal(got, spead.Shape{7, 4, -1, 4, -1}) {
		t.Errorf("bit 0: %v", got)
	}
	if got := AppendShape(nil, b, flavour(t, 48, spead.BugShapeBit1)); !cmp.Equal(got, spead.Shape{-1, -1, -1, 4}) {
		t.Errorf("bit 1: %v", got)
	}
}

func TestDescriptorAsSpead2WritesIt(t *testing.T) {
	for _, test := range []struct {
		name       string
		bits       int
		bug        spead.BugCompat
		descriptor spead.RawDescriptor
		want       string
	}{
		{"all empty", 40, 0, spead.RawDescriptor{ID: 0x1000}, `5304030500000009
			8000010000000001 8000020000000000 8000030000000000 8000040000000000 8000140000001000
			0000100000000000 0000110000000000 0000130000000000 0000120000000000`},
		{"with a format", 48, 0,
			spead.RawDescriptor{ID: 0x2345, Name: []byte("name"), Description: []byte("d"),
				Format: spead.Format{{Code: 'b', Bits: 1}, {Code: 'i', Bits: 7}}, Shape: spead.Shape{2, spead.Variable}},
			`5304020600000009
			8001000000000001 8002000000000019 8003000000000000 8004000000000019 8014000000002345
			0010000000000000 0011000000000004 0013000000000005 001200000000000b
			6e616d65 64 620001 690007 00000000000002 01000000000000`},
		{"with a numpy header", 48, 0,
			spead.RawDescriptor{ID: 0x2345, Name: []byte("name"), Shape: spead.Shape{3}, NumpyHeader: []byte("{}")},
			`530402060000000a
			8001000000000001 800200000000000d 8003000000000000 800400000000000d 8014000000002345
			0010000000000000 0011000000000004 0013000000000004 0012000000000004 001500000000000b
			6e616d65 00000000000003 7b7d`},
		{"for PySPEAD", 48, spead.BugPySPEAD,
			spead.RawDescriptor{ID: 1, Format: spead.Format{{Code: 'u', Bits: 16}}, Shape: spead.Shape{spead.Variable}},
			`5304020600000009
			8001000000000001 800200000000000c 8003000000000000 800400000000000c 8014000000000001
			0010000000000000 0011000000000000 0013000000000000 0012000000000004
			75000010 0200000000000000`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := AppendDescriptor([]byte("before"), flavour(t, test.bits, test.bug), &test.descriptor)
			if want := "before" + string(unhex(t, test.want)); err != nil || string(got) != want {
				t.Errorf("%v\n% x, want\n% x", err, got, want)
			}
		})
	}
}

func TestDescriptorThatDoesNotFitIsRefused(t *testing.T) {
	for _, test := range []struct {
		name       string
		bits       int
		bug        spead.BugCompat
		descriptor spead.RawDescriptor
		field      string // empty: it does fit
	}{
		{"id 0", 48, 0, spead.RawDescriptor{}, "descriptor id"},
		{"largest id", 48, 0, spead.RawDescriptor{ID: 0x7fff}, ""},
		{"id beyond item pointers", 48, 0, spead.RawDescriptor{ID: 0x8000}, "descriptor id"},
		{"largest id of 64-24, where an immediate is narrower than an id", 24, 0, spead.RawDescriptor{ID: 1<<24 - 1}, ""},
		{"id beyond immediates", 24, 0, spead.RawDescriptor{ID: 1 << 24}, "descriptor id"},
		{"widest field", 56, 0, spead.RawDescriptor{ID: 1, Format: spead.Format{{Code: 'u', Bits: 255}}}, ""},
		{"too wide a field", 56, 0, spead.RawDescriptor{ID: 1, Format: spead.Format{{Code: 'u', Bits: 256}}}, "format bits"},
		{"wider field for PySPEAD", 56, 1, spead.RawDescriptor{ID: 1, Format: spead.Format{{Code: 'u', Bits: 256}}}, ""},
		{"negative width", 40, 0, spead.RawDescriptor{ID: 1, Format: spead.Format{{Code: 'u', Bits: -1}}}, "format bits"},
		{"longest dimension", 16, 0, spead.RawDescriptor{ID: 1, Shape: spead.Shape{65535}}, ""},
		{"too long a dimension", 16, 0, spead.RawDescriptor{ID: 1, Shape: spead.Shape{65536}}, "shape dimension"},
		{"longer dimension for PySPEAD", 16, 1, spead.RawDescriptor{ID: 1, Shape: spead.Shape{65536}}, ""},
		{"negative dimension", 16, 0, spead.RawDescriptor{ID: 1, Shape: spead.Shape{-2}}, "shape dimension"},
		{"longest descriptor", 8, 0, spead.RawDescriptor{ID: 1, Name: make([]byte, 255)}, ""},
		{"too long a descriptor", 8, 0, spead.RawDescriptor{ID: 1, Name: make([]byte, 255), NumpyHeader: []byte("x")}, "descriptor length"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := AppendDescriptor([]byte("before"), flavour(t, test.bits, test.bug), &test.descriptor)
			var field *spead.FieldError
			if test.field == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
			} else if !errors.As(err, &field) || field.Field != test.field || string(got) != "before" {
				t.Errorf("%q, %v; want a refusal of the %s", got, err, test.field)
			}
		})
	}
}

// parseDescriptor reads a descriptor packet that has the form in which AppendDescriptor writes them.
func parseDescriptor(b []byte, bug spead.BugCompat) (d spead.RawDescriptor, f spead.Flavour, ok bool) {
	var p Packet
	if size, refusal := p.Decode(b); refusal != spead.Accepted || size != len(b) {
		return d, f, false
	}
	f, err := spead.NewFlavour(p.AddressBits, bug)
	ids := []spead.ItemID{spead.DescriptorIDID, spead.DescriptorNameID, spead.DescriptorDescriptionID,
		spead.DescriptorFormatID, spead.DescriptorShapeID, spead.DescriptorDTypeID}
	if err != nil || p.PointerCount() < len(ids)-1 || p.PointerCount() > len(ids) || !p.Pointer(0).Immediate() {
		return d, f, false
	}
	var values [6][]byte
	for i := range p.PointerCount() {
		if p.Pointer(i).ID(p.AddressBits) != ids[i] || p.Pointer(i).Immediate() != (i == 0) {
			return d, f, false
		}
		end := uint64(len(p.Payload))
		if i+1 < p.PointerCount() && i > 0 {
			end = p.Pointer(i + 1).Value(p.AddressBits)
		}
		if i > 0 && p.Pointer(i).Value(p.AddressBits) <= end && end <= uint64(len(p.Payload)) {
			values[i] = p.Payload[p.Pointer(i).Value(p.AddressBits):end]
		}
	}
	return spead.RawDescriptor{
		ID: spead.ItemID(p.Pointer(0).Value(p.AddressBits)), Name: values[1], Description: values[2],
		Format: AppendFormat(nil, values[3], f), Shape: AppendShape(nil, values[4], f), NumpyHeader: values[5],
	}, f, true
}

func TestParsingADescriptorUndoesEncoding(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	text := func() []byte { return []byte("0123456789"[:r.IntN(10)]) }
	for range 5000 {
		f := flavour(t, 8*(1+r.IntN(7)), spead.BugCompat(r.IntN(8)))
		want := spead.RawDescriptor{ID: 1 + spead.ItemID(r.Uint64N(uint64(min(f.MaxItemID(), spead.ItemID(f.MaxImmediate())))))}
		want.Name, want.Description, want.NumpyHeader = text(), text(), text()
		for range r.IntN(4) {
			want.Format = append(want.Format, spead.Field{Code: byte(r.UintN(256)), Bits: r.Int64N(1 << (8 * (FormatFieldSize(f) - 1)))})
			want.Shape = append(want.Shape, r.Int64N(1<<(8*(ShapeFieldSize(f)-1))+1)-1)
		}
		packet, err := AppendDescriptor(nil, f, &want)
		if err != nil {
			t.Fatal(err)
		}
		got, gotFlavour, ok := parseDescriptor(packet, f.BugCompat())
		if !ok || gotFlavour != f || !cmp.Equal(got, want, cmpopts.EquateEmpty()) {
			t.Fatalf("%v, %v: %s", f, ok, cmp.Diff(want, got, cmpopts.EquateEmpty()))
		}
	}
}
