// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"math"
	"reflect"
)

// Number is what the elements of an item can be had as; truth values count as numbers.
type Number interface {
	~bool | ~int8 | ~int16 | ~int32 | ~int64 | ~int | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uint |
		~float32 | ~float64 | ~complex64 | ~complex128
}

// Values gives the elements of an item in the machine's byte order and in logical order: the last
// index changes fastest, for items in Fortran order too. A scalar is one element.
//
// T has to hold every value of the item's type exactly: for u12 any integer type from uint16 and
// int16 on, and float32, but not uint8; for 16-bit floats float32 or float64; for datetimes int64;
// for 8-bit characters uint8. Otherwise, and for structures and strings, it fails with a
// *FieldError, without a value with ErrNoValue.
//
// If the item's bytes can be used as they are (T is of the same size and kind, not bool, the byte
// order is the machine's, they are aligned, and not in Fortran order), the result is the item's
// memory: changing it changes the value (call Touch). It is valid as long as the item's Bytes.
// Otherwise it is a copy.
func Values[T Number](it *Item) ([]T, error) {
	if !it.hasValue {
		return nil, it.noValue()
	}
	from, ok := it.element.leaf()
	to := leafOfType[T]()
	if !ok || !to.holds(from) {
		return nil, it.refuse("type", it.typeName(), fmt.Sprintf("what %v can hold", reflect.TypeFor[T]()))
	}
	same := from.sameAs(to) && to.kind != KindBool
	if same && it.inOrder() && from.big == to.big {
		if v, ok := valuesOfBytes[T](it.value); ok {
			return v, nil
		}
	}
	elements := it.shape.Elements()
	if elements > math.MaxInt/(to.bits/8) {
		return nil, it.refuse("elements", elements, "what memory can hold")
	}
	v := make([]T, elements)
	memory := bytesOfValues(v)
	switch {
	case same:
		it.appendLogical(memory[:0])
		if from.big != to.big {
			reverseParts(memory, to.part())
		}
	case from.isQuick() && to.isInteger():
		unpack(memory, int(to.bits/8), it.value, from)
	default:
		at := int64(0)
		for i := range stored(it.shape, it.FortranOrder) {
			n, _ := to.convert(from.loadByte(it.value, i*from.bits))
			to.store(memory, at, n)
			at += to.bits
		}
	}
	return v, nil
}

// inOrder says whether the elements lie in logical order in the item's bytes.
func (it *Item) inOrder() bool { return !it.FortranOrder || len(it.Shape) < 2 }

// isQuick says whether the leaf is one of those that unpack and pack take.
func (l leaf) isQuick() bool { return l.packed && l.isInteger() && l.bits <= quickBits }

// appendLogical appends the bytes of the elements in logical order. Preconditions: whole bytes.
func (it *Item) appendLogical(dst []byte) []byte {
	if it.inOrder() {
		return append(dst, it.value...)
	}
	size := it.element.bits / 8
	for i := range stored(it.shape, true) {
		dst = append(dst, it.value[i*size:(i+1)*size]...)
	}
	return dst
}

// SetValues sets the elements of an item, in logical order as Values gives them. A variable
// dimension takes its length from their number.
//
// Integers have to be in the item's range, floats are rounded if the item's are narrower but must
// not become infinite, integers may be given for floats that can hold them exactly, and truth values
// are for truth values only. Otherwise, and if the number of values doesn't fit the shape, or the
// item isn't one of numbers, it fails with a *FieldError and leaves the item as it was. It copies v:
// into the item's memory if that is its own and has the right size, see Bytes.
func SetValues[T Number](it *Item, v []T) error {
	from := leafOfType[T]()
	to, ok := it.element.leaf()
	if isByte := to.kind == KindBytes && to.bits == 8; isByte {
		to.kind = KindUint
	}
	if !ok || !to.isNumber() {
		return it.refuse("type", it.typeName(), "numbers; SetValue takes everything")
	}
	elements := int64(len(v))
	if err := it.checkCount(elements); err != nil {
		return err
	}
	memory := bytesOfValues(v)
	if from.sameAs(to) && it.inOrder() && !it.IsText() {
		room := it.room(elements)
		copy(room, memory)
		if from.big != to.big {
			reverseParts(room, to.part())
		}
		it.changed()
		return nil
	}
	// All is checked before anything is written.
	for i := range v {
		if n, ok := to.convert(from.load(memory, int64(i)*from.bits)); !ok || it.IsText() && n.word >= 0x80 {
			return it.refuse("value", v[i], it.typeName())
		}
	}
	room := it.room(elements)
	if to.isQuick() && from.isInteger() {
		pack(room, memory, from, to)
	} else {
		// The bits behind the last element are zero, whatever the memory held before.
		clear(room)
		at := int64(0)
		for i := range stored(it.shape, it.FortranOrder) {
			n, _ := to.convert(from.load(memory, at))
			to.store(room, i*to.bits, n)
			at += from.bits
		}
	}
	it.changed()
	return nil
}

// typeName is what errors call the type of the item's elements.
func (it *Item) typeName() string {
	if it.DType != nil {
		return excerpt(it.DType.String())
	}
	return excerpt(it.Format.String())
}

// leafOfType is the leaf that a Go type is on this machine.
func leafOfType[T Number]() leaf {
	t := reflect.TypeFor[T]()
	l := leaf{bits: int64(t.Size()) * 8, big: hostIsBig() && t.Size() > 1}
	switch t.Kind() {
	case reflect.Bool:
		l.kind = KindBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		l.kind = KindInt
	case reflect.Float32, reflect.Float64:
		l.kind = KindFloat
	case reflect.Complex64, reflect.Complex128:
		l.kind = KindComplex
	default:
		l.kind = KindUint
	}
	return l
}

// sameAs says whether leaves are the same but for their byte order.
func (l leaf) sameAs(other leaf) bool {
	isByte := l.kind == KindBytes && l.bits == 8 && other.kind == KindUint
	return (l.kind == other.kind || isByte) && l.bits == other.bits && !l.packed && !other.packed
}

// part is the size in bytes of the parts within which byte order reigns.
func (l leaf) part() int64 {
	if l.kind == KindComplex {
		return l.bits / 16
	}
	return l.bits / 8
}

// loadByte is load, and takes single characters for numbers.
func (l leaf) loadByte(b []byte, at int64) number {
	if l.kind == KindBytes {
		l.kind = KindUint
	}
	return l.load(b, at)
}
