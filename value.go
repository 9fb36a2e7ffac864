// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"math"
)

// spareListsMax is how many lists Value makes at most beyond one for each element: a shape such as
// (1000000000, 0) has no bytes but very many empty lists.
const spareListsMax = 1 << 16

// Value gives the value as Go values: a string for an item of text (see Text), the element for a
// scalar, and otherwise lists, []any, nested as the dimensions are: v[i][j] for index (i, j), in
// Fortran order too. Elements are
//
//	bool                    of b fields and numpy's bool
//	int64, uint64           of integers of up to 64 bits; int64 of datetimes and timedeltas
//	*big.Int                of wider integers
//	float32                 of floats of 16 and 32 bits
//	float64                 of floats of 64 bits
//	complex64, complex128   of complex numbers
//	string                  of byte strings, characters (the bytes as they are) and Unicode strings
//	                        (UTF-8), without the NULs at the end
//	[]byte                  of void
//	[]any                   of structures and of formats of several fields; nested for sub-arrays
//
// It fails with ErrNoValue, or with a *FieldError if a Unicode string isn't one, or if the shape asks
// for far more lists than there are elements. Everything is copied. Values is the way that costs less.
func (it *Item) Value() (any, error) {
	if !it.hasValue {
		return nil, it.noValue()
	}
	if it.IsText() {
		return it.Text()
	}
	if lists := it.shape.lists(); lists > it.shape.Elements()+spareListsMax {
		return nil, it.refuse("shape", excerpt(it.shape.String()), fmt.Sprintf("at most %d lists beyond the elements", spareListsMax))
	}
	r := valueReader{it.value, true}
	a := array{it.shape, strides(it.shape, it.FortranOrder), it.element.bits}
	v := a.nest(0, 0, func(at int64) any { return r.element(&it.element, at) })
	if !r.ok {
		return nil, it.notUnicode()
	}
	return v, nil
}

// lists is how many lists nested as the dimensions are; beyond an int64, math.MaxInt64.
func (s Shape) lists() int64 {
	total, product := int64(0), int64(1)
	for _, dimension := range s {
		if total += product; total < 0 {
			return math.MaxInt64
		}
		if dimension > 0 && product > math.MaxInt64/dimension {
			return math.MaxInt64
		}
		product *= dimension
	}
	return total
}

// array is how elements of so many bits lie in bytes.
type array struct {
	shape Shape
	// apart says how many elements lie between neighbors along each dimension.
	apart []int64
	bits  int64
}

// nest makes lists of the elements that read gives for their places in bits, from a place and a
// dimension on.
func (a *array) nest(dimension int, at int64, read func(at int64) any) any {
	if dimension == len(a.shape) {
		return read(at)
	}
	list := make([]any, a.shape[dimension])
	for i := range list {
		list[i] = a.nest(dimension+1, at, read)
		at += a.apart[dimension] * a.bits
	}
	return list
}

// valueReader makes Go values of bytes. ok becomes false at a string that is not Unicode.
type valueReader struct {
	b  []byte
	ok bool
}

func (r *valueReader) element(e *element, at int64) any {
	if e.dtype != nil {
		return r.dtype(e.dtype, at)
	}
	if len(e.fields) == 1 {
		return r.leaf(e.fields[0].leaf(), at)
	}
	record := make([]any, len(e.fields))
	for i, field := range e.fields {
		record[i] = r.leaf(field.leaf(), at)
		at += field.Bits
	}
	return record
}

func (r *valueReader) dtype(t *DType, at int64) any {
	if t.kind != KindStruct {
		return r.leaf(leafOf(t), at)
	}
	record := make([]any, len(t.fields))
	for i := range t.fields {
		f := &t.fields[i]
		if len(f.Shape) == 0 {
			record[i] = r.dtype(f.DType, at)
		} else {
			a := array{f.Shape, strides(f.Shape, false), 8 * f.DType.size}
			record[i] = a.nest(0, at, func(at int64) any { return r.dtype(f.DType, at) })
		}
		at += 8 * f.size()
	}
	return record
}

func (r *valueReader) leaf(l leaf, at int64) any {
	switch l.kind {
	case KindVoid:
		return append([]byte{}, r.b[at/8:(at+l.bits)/8]...)
	case KindBytes, KindUnicode:
		s, ok := l.text(r.b, at)
		r.ok = r.ok && ok
		return s
	case KindInt, KindUint:
		if l.bits > wordBits {
			return l.bigInt(r.b, at)
		}
	}
	return l.load(r.b, at).value()
}

// value gives the number as a Go value.
func (n number) value() any {
	switch n.kind {
	case KindBool:
		return n.word != 0
	case KindInt:
		return int64(n.word)
	case KindUint:
		return n.word
	case KindComplex:
		if n.floatSize == 4 {
			return complex(math.Float32frombits(uint32(n.word)), math.Float32frombits(uint32(n.imag)))
		}
		return complex(math.Float64frombits(n.word), math.Float64frombits(n.imag))
	}
	if n.floatSize == 4 {
		return math.Float32frombits(uint32(n.word))
	}
	return math.Float64frombits(n.word)
}

// AppendLittleEndian appends the elements in logical order, each in little-endian order: what numpy
// would write of the array on a little-endian machine, and of the dtype that ResultType gives. It
// fails with ErrNoValue, or with a *FieldError if elements aren't whole bytes with a dtype.
func (it *Item) AppendLittleEndian(dst []byte) ([]byte, error) {
	if !it.hasValue {
		return dst, it.noValue()
	}
	if it.element.dtype == nil {
		return dst, it.refuse("type", it.typeName(), "fields that have a dtype each")
	}
	start := len(dst)
	dst = it.appendLogical(dst)
	it.element.dtype.reorderBytes(dst[start:], false)
	return dst, nil
}
