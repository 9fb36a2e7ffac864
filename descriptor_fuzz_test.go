// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"encoding/binary"
	"testing"
)

// FuzzPyLiteral: what is read is written and read again by dtypes; here it must only not panic, and
// strings must survive.
func FuzzPyLiteral(f *testing.F) {
	for _, seed := range []string{
		"{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3)}", `'\x41\u00e9\N'`, "[(1, -0x1f), None]", "((((",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := parseLiteral("literal", text)
		if s, ok := value.(string); ok && err == nil {
			again, err := parseLiteral("literal", string(appendPythonString(nil, s)))
			// Bytes that aren't UTF-8 are written as U+FFFD.
			if want := string([]rune(s)); err != nil || again != want {
				t.Errorf("%q comes back as %q, %v", s, again, err)
			}
		}
	})
}

// FuzzDTypeHeader interprets a numpy header, prints it and interprets it again, and decodes an item.
func FuzzDTypeHeader(f *testing.F) {
	for seed := range uint64(20) {
		r := newSource(seed)
		d := r.descriptor()
		raw, err := d.Raw(Flavour{})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw.NumpyHeader), []byte("0123456789"), seed%2 == 0)
	}
	f.Fuzz(func(t *testing.T, text string, content []byte, immediate bool) {
		raw := RawDescriptor{ID: 1, Format: Format{{'u', 8}}, NumpyHeader: []byte(text)}
		d, err := raw.Descriptor(0)
		if err != nil {
			return
		}
		decodeAny(t, d, content, immediate)
		again, err := d.Raw(Flavour{})
		if err != nil {
			// Only dimensions that the flavour has no room for.
			expectFieldError(t, err, "Descriptor.Shape")
			return
		}
		if back, err := again.Descriptor(0); err != nil || !back.Equal(&d) {
			t.Errorf("%s comes back as %s, %v", text, again.NumpyHeader, err)
		}
	})
}

// FuzzFormat decodes an item with any format and shape: of every nine bytes, the first is the code
// and the others the bits, or all but the first the dimension.
func FuzzFormat(f *testing.F) {
	f.Add([]byte("u\x00\x00\x00\x00\x00\x00\x00\x0c"), []byte("\x00\xff\xff\xff\xff\xff\xff\xff\xff"), []byte{0xab, 0xcd, 0xef}, false)
	f.Add([]byte("c\x00\x00\x00\x00\x00\x00\x00\x08"), []byte("\x00\x00\x00\x00\x00\x00\x00\x00\x03"), []byte("abcdef"), true)
	f.Fuzz(func(t *testing.T, fields, dimensions, content []byte, immediate bool) {
		raw := RawDescriptor{ID: 1}
		for ; len(fields) >= 9; fields = fields[9:] {
			raw.Format = append(raw.Format, Field{fields[0], int64(binary.BigEndian.Uint64(fields[1:]))})
		}
		for ; len(dimensions) >= 9; dimensions = dimensions[9:] {
			raw.Shape = append(raw.Shape, int64(binary.BigEndian.Uint64(dimensions[1:])))
		}
		if d, err := raw.Descriptor(0); err == nil {
			decodeAny(t, d, content, immediate)
		}
	})
}

// decodeAny takes a value in all ways, and sets it again.
func decodeAny(t *testing.T, d Descriptor, content []byte, immediate bool) {
	t.Helper()
	it, err := NewItem(d)
	if err != nil {
		t.Fatal(err)
	}
	// One element per bit takes its time.
	if len(content) > 1<<12 || it.SetRaw(RawItem{Value: content, Immediate: immediate}) != nil {
		return
	}
	_, _ = it.Strings()
	_, _ = it.BigInts()
	_, _ = Values[float64](it)
	_, _ = Values[uint64](it)
	_, _ = Values[bool](it)
	_, _ = it.AppendLittleEndian(nil)
	_, _ = it.ResultType()
	value, err := it.Value()
	if err != nil {
		return
	}
	if d.IsText() && len(value.(string)) != len(content) {
		// NULs are gone.
		return
	}
	before := it.ValueShape().String()
	if err := it.SetValue(value); err != nil {
		t.Fatalf("%v %v: %v", it.typeName(), d.Shape, err)
	}
	if elements := it.ValueShape().Elements(); it.ValueShape().String() != before && elements > 0 {
		t.Errorf("%v: the shape %s became %v", it.typeName(), before, it.ValueShape())
	}
}
