// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"math"
	"slices"
	"strconv"
)

const (
	// dtypeSizeMax is the largest size of a dtype in bytes: numpy's limit.
	dtypeSizeMax = math.MaxInt32
	// unicodeSize is the size of a character of KindUnicode: numpy stores UCS-4.
	unicodeSize = 4
)

// Kind is what a DType's elements are. The values are the letters of numpy's type strings, but for
// KindStruct, which numpy writes as a list.
type Kind byte

// The kinds of dtypes.
const (
	// KindBool is one byte, true if it isn't zero.
	KindBool Kind = 'b'
	// KindInt and KindUint are integers of 1, 2, 4 or 8 bytes.
	KindInt  Kind = 'i'
	KindUint Kind = 'u'
	// KindFloat is an IEEE float of 2, 4 or 8 bytes.
	KindFloat Kind = 'f'
	// KindComplex is two floats of together 8 or 16 bytes.
	KindComplex Kind = 'c'
	// KindBytes is a byte string padded with NULs.
	KindBytes Kind = 'S'
	// KindUnicode is a string of 4 bytes per character, padded with NULs.
	KindUnicode Kind = 'U'
	// KindVoid is bytes without meaning, such as the padding of aligned structures.
	KindVoid Kind = 'V'
	// KindDatetime and KindTimedelta are integers of 8 bytes that count units of time, Unit; the
	// smallest one is numpy's "not a time".
	KindDatetime  Kind = 'M'
	KindTimedelta Kind = 'm'
	// KindStruct is a list of fields.
	KindStruct Kind = '['
	// KindObject is numpy's way of giving what fits no other kind. No descriptor may have it; see
	// Descriptor.ResultType.
	KindObject Kind = 'O'
)

// hasOrder says whether the kind's bytes have an order, if there are several.
func (k Kind) hasOrder() bool {
	switch k {
	case KindInt, KindUint, KindFloat, KindComplex, KindUnicode, KindDatetime, KindTimedelta:
		return true
	}
	return false
}

// DType is a numpy type: the meaning of an element's bytes. It never changes once it is made, and
// may be shared.
type DType struct {
	kind   Kind
	big    bool
	size   int64
	unit   string
	fields []DTypeField
}

// DTypeField is one field of a structure. Fields follow each other without gaps; numpy writes the
// padding of aligned structures as fields of KindVoid.
type DTypeField struct {
	// Name is the field's name. A field without one is called after its position: "f1".
	Name string
	// Title is numpy's second name of the field; mostly empty.
	Title string
	// DType is the type of the field, or of its elements if it has a Shape.
	DType *DType
	// Shape gives the dimensions of a sub-array, in C order; empty for a plain field.
	Shape Shape
}

// size is the field's size in bytes.
func (f *DTypeField) size() int64 { return f.Shape.Elements() * f.DType.size }

// Kind says what the elements are.
func (t *DType) Kind() Kind { return t.kind }

// BigEndian says whether the bytes are in big-endian order. It is false where order means nothing:
// for single bytes, strings of bytes, structures.
func (t *DType) BigEndian() bool { return t.big }

// Size is the size of an element in bytes.
func (t *DType) Size() int64 { return t.size }

// Unit is the unit of time of KindDatetime and KindTimedelta, such as "ns" or "25s"; empty for
// numpy's generic unit and for other kinds.
func (t *DType) Unit() string { return t.unit }

// Fields lists the fields of KindStruct. It returns a copy.
func (t *DType) Fields() []DTypeField { return slices.Clone(t.fields) }

// Equal says whether two dtypes are the same, names and titles included. Two nils are.
func (t *DType) Equal(other *DType) bool {
	if t == nil || other == nil || t == other {
		return t == other
	}
	return t.kind == other.kind && t.big == other.big && t.size == other.size && t.unit == other.unit &&
		slices.EqualFunc(t.fields, other.fields, DTypeField.equal)
}

func (f DTypeField) equal(other DTypeField) bool {
	return f.Name == other.Name && f.Title == other.Title && slices.Equal(f.Shape, other.Shape) &&
		f.DType.Equal(other.DType)
}

// SwapOrder gives the dtype with every byte order reversed, as numpy's newbyteorder does.
func (t *DType) SwapOrder() *DType {
	return t.reorder(func(big bool) bool { return !big })
}

// LittleEndian gives the dtype with every byte order little-endian: the order of what
// Item.AppendLittleEndian appends.
func (t *DType) LittleEndian() *DType {
	return t.reorder(func(bool) bool { return false })
}

// reorder gives the dtype with the byte orders that change returns for the present ones.
func (t *DType) reorder(change func(big bool) bool) *DType {
	c := *t
	if t.kind.hasOrder() && t.partSize() > 1 {
		c.big = change(t.big)
	}
	c.fields = slices.Clone(t.fields)
	for i := range c.fields {
		c.fields[i].DType = c.fields[i].DType.reorder(change)
	}
	return &c
}

// partSize is the size in bytes of the parts within which byte order reigns: half a complex number,
// one character of a string.
func (t *DType) partSize() int64 {
	switch t.kind {
	case KindComplex:
		return t.size / 2
	case KindUnicode:
		return unicodeSize
	case KindBytes, KindVoid, KindStruct:
		return 1
	}
	return t.size
}

// String gives numpy's name of the dtype, such as "<f4" or "|S6"; a structure as numpy's list of
// fields, such as "[('t', '<u8'), ('x', '>f4', (3,))]". ParseDType reads both.
func (t *DType) String() string {
	if t.kind == KindStruct {
		return string(t.appendDescr(nil))
	}
	return string(t.appendName(nil))
}

func (t *DType) appendName(dst []byte) []byte {
	order := byte('|')
	if t.kind.hasOrder() && t.partSize() > 1 {
		order = '<'
		if t.big {
			order = '>'
		}
	}
	dst = append(dst, order, byte(t.kind))
	switch t.kind {
	case KindObject:
		return dst
	case KindUnicode:
		dst = strconv.AppendInt(dst, t.size/unicodeSize, 10)
	default:
		dst = strconv.AppendInt(dst, t.size, 10)
	}
	if t.unit != "" {
		dst = append(append(append(dst, '['), t.unit...), ']')
	}
	return dst
}

// appendDescr appends the dtype as Python's repr writes what numpy calls its descr.
func (t *DType) appendDescr(dst []byte) []byte {
	if t.kind != KindStruct {
		return appendPythonString(dst, string(t.appendName(nil)))
	}
	dst = append(dst, '[')
	for i := range t.fields {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = t.fields[i].appendDescr(dst)
	}
	return append(dst, ']')
}

func (f *DTypeField) appendDescr(dst []byte) []byte {
	dst = append(dst, '(')
	if f.Title != "" {
		dst = append(dst, '(')
		dst = appendPythonString(dst, f.Title)
		dst = append(dst, ", "...)
		dst = appendPythonString(dst, f.Name)
		dst = append(dst, ')')
	} else {
		dst = appendPythonString(dst, f.Name)
	}
	dst = append(dst, ", "...)
	dst = f.DType.appendDescr(dst)
	if len(f.Shape) > 0 {
		dst = append(append(dst, ", "...), f.Shape.String()...)
	}
	return append(dst, ')')
}

// check reports a dtype that no descriptor may have: a zero DType, or one from ResultType.
func (t *DType) check() error {
	if t.kind == KindObject || t.size == 0 {
		return &FieldError{"Descriptor.DType", t.String(), "a dtype of at least one byte, without objects"}
	}
	return nil
}
