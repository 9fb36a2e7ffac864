// SPDX-License-Identifier: Apache-2.0

package spead

import "strconv"

// element says how the elements of an item lie in its bytes. Exactly one of dtype and fields is set.
type element struct {
	// bits is the size of an element.
	bits int64
	// dtype is that of the bytes: the descriptor's, or the big-endian one that a format amounts to if
	// each of its fields has a native type.
	dtype *DType
	// fields are those of a format of which some field has no native type. Elements and fields then
	// follow each other bit by bit, the most significant bit first.
	fields Format
}

// element works out how the descriptor's elements lie in bytes. Preconditions: the descriptor is
// valid.
func (d *Descriptor) element() element {
	e := element{bits: d.ItemSizeBits(), dtype: d.DType}
	if e.dtype == nil {
		if e.dtype = d.Format.native(); e.dtype == nil {
			e.fields = d.Format
		}
	}
	return e
}

// native gives the dtype of a format's bytes, or nil if some field has no native type.
func (f Format) native() *DType {
	fields := make([]DTypeField, len(f))
	for i, field := range f {
		t, ok := field.native()
		if !ok {
			return nil
		}
		fields[i] = DTypeField{Name: fieldName(i), DType: t}
	}
	if len(fields) == 1 {
		return fields[0].DType
	}
	return &DType{kind: KindStruct, size: f.Bits() / 8, fields: fields}
}

// fieldName is what numpy calls the field at position i if it has no name.
func fieldName(i int) string { return "f" + strconv.Itoa(i) }

// leaf gives the leaf that an element consists of; ok is false if there are several.
func (e *element) leaf() (l leaf, ok bool) {
	switch {
	case e.dtype != nil:
		return leafOf(e.dtype), e.dtype.kind != KindStruct
	case len(e.fields) == 1:
		return e.fields[0].leaf(), true
	}
	return leaf{}, false
}

// ResultKind is the form in which spead2 gives a value, and so the one in which values are printed.
type ResultKind uint8

const (
	// ResultElements is an array of elements of a dtype, or one such element for a scalar.
	ResultElements ResultKind = iota
	// ResultText is a string.
	ResultText
	// ResultInt is a scalar integer of a width for which there is no dtype.
	ResultInt
	// ResultBool is a scalar boolean of a width for which there is no dtype.
	ResultBool
)

// ResultType gives the form of the item's values and, for ResultElements, the dtype that numpy
// prints for them in spead2 on a little-endian machine. Fields of a format that have no dtype are of
// KindObject, and beside them the others keep their big-endian order. The fields of a format of
// several are called f0, f1 and so on. Preconditions: the descriptor is valid.
func (d *Descriptor) ResultType() (ResultKind, *DType) {
	if d.IsText() {
		return ResultText, nil
	}
	e := d.element()
	if e.dtype != nil {
		return ResultElements, e.dtype.LittleEndian()
	}
	if len(e.fields) > 1 {
		t := &DType{kind: KindStruct}
		for i, field := range e.fields {
			t.fields = append(t.fields, DTypeField{Name: fieldName(i), DType: field.result()})
		}
		return ResultElements, t
	}
	switch {
	case len(d.Shape) > 0:
		return ResultElements, e.fields[0].result()
	case e.fields[0].Code == CodeBool:
		return ResultBool, nil
	}
	return ResultInt, nil
}

// result is the dtype of a field within bit-packed elements.
func (f Field) result() *DType {
	if t, ok := f.native(); ok {
		return t
	}
	return &DType{kind: KindObject}
}
