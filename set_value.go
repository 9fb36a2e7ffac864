// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
)

// SetValue sets the value from Go values: what Value gives, and anything like it, such as
// [][]uint16. Where Value gives lists, slices and arrays of any type will do, and where it gives a
// number, any Go number that SetValues would take, or a *big.Int. It copies v, and fails with a
// *FieldError, leaving the item as it was, if the shape is not the descriptor's or an element doesn't
// fit; strings must not be too long, void has to be of the right length.
func (it *Item) SetValue(v any) error {
	switch s := v.(type) {
	case string:
		if it.IsText() {
			return it.SetText(s)
		}
	case []byte:
		if it.IsText() {
			return it.SetBytes(s)
		}
	}
	if it.element.bits == 0 {
		return &FieldError{"item", it.Name, "one made by NewItem"}
	}
	shape, err := it.shapeOfLists(reflect.ValueOf(v))
	if err != nil {
		return err
	}
	elements := shape.Elements()
	if elements > math.MaxInt64/it.element.bits || bytesOf(elements*it.element.bits) > math.MaxInt {
		return it.refuse("elements", elements, "what memory can hold")
	}
	w := valueWriter{item: it, b: make([]byte, bytesOf(elements*it.element.bits))}
	a := array{shape, strides(shape, it.FortranOrder), it.element.bits}
	if err := w.nest(&a, 0, 0, reflect.ValueOf(v)); err != nil {
		return err
	}
	if it.IsText() {
		return it.SetBytes(w.b)
	}
	copy(it.room(elements), w.b)
	it.changed()
	return nil
}

// shapeOfLists finds the shape of nested lists by their first elements, and checks it.
func (it *Item) shapeOfLists(v reflect.Value) (Shape, error) {
	shape := it.Shape.Resolve(0)
	for i, want := range it.Shape {
		v = inner(v)
		if !isList(v) {
			return nil, it.refuse("value", describe(v), fmt.Sprintf("lists for the shape %v", it.Shape))
		}
		shape[i] = int64(v.Len())
		if want != Variable && want != shape[i] {
			return nil, it.refuse("length", shape[i], fmt.Sprintf("%d in dimension %d of the shape %v", want, i, it.Shape))
		}
		if shape[i] == 0 {
			// What is in no list has no length: the other dimensions stay as described.
			break
		}
		v = v.Index(0)
	}
	return shape, nil
}

// inner takes a value out of interfaces and pointers, but for big.Int, whose pointer it is known by.
func inner(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && v.Type() != reflect.TypeFor[*big.Int]() {
		v = v.Elem()
	}
	return v
}

func isList(v reflect.Value) bool { return v.Kind() == reflect.Slice || v.Kind() == reflect.Array }

// describe names a value in an error.
func describe(v reflect.Value) string {
	if !v.IsValid() {
		return "nil"
	}
	if isList(v) || v.Kind() == reflect.Struct || v.Kind() == reflect.Map || !v.CanInterface() {
		return v.Type().String()
	}
	return excerpt(fmt.Sprint(v.Interface()))
}

// valueWriter makes bytes of Go values. b is zero where nothing was written.
type valueWriter struct {
	item *Item
	b    []byte
}

// refuse makes the error for a value that an element of the named type can't take.
func (w *valueWriter) refuse(v reflect.Value, name string) error {
	return w.item.refuse("value", describe(v), name)
}

// nest writes the elements of nested lists from a place and a dimension on.
func (w *valueWriter) nest(a *array, dimension int, at int64, v reflect.Value) error {
	if v = inner(v); dimension == len(a.shape) {
		return w.element(at, v)
	}
	if !isList(v) || int64(v.Len()) != a.shape[dimension] {
		return w.refuse(v, fmt.Sprintf("a list of %d", a.shape[dimension]))
	}
	for i := range v.Len() {
		if err := w.nest(a, dimension+1, at, v.Index(i)); err != nil {
			return err
		}
		at += a.apart[dimension] * a.bits
	}
	return nil
}

func (w *valueWriter) element(at int64, v reflect.Value) error {
	e := &w.item.element
	if e.dtype != nil {
		return w.dtype(e.dtype, at, v)
	}
	if len(e.fields) == 1 {
		return w.leaf(e.fields[0].leaf(), at, v)
	}
	if !isList(v) || v.Len() != len(e.fields) {
		return w.refuse(v, fmt.Sprintf("a list of %d fields", len(e.fields)))
	}
	for i, field := range e.fields {
		if err := w.leaf(field.leaf(), at, inner(v.Index(i))); err != nil {
			return err
		}
		at += field.Bits
	}
	return nil
}

func (w *valueWriter) dtype(t *DType, at int64, v reflect.Value) error {
	if t.kind != KindStruct {
		return w.leaf(leafOf(t), at, v)
	}
	if !isList(v) || v.Len() != len(t.fields) {
		return w.refuse(v, fmt.Sprintf("a list of %d fields", len(t.fields)))
	}
	for i := range t.fields {
		f := &t.fields[i]
		if err := w.subArray(f, f.Shape, at, inner(v.Index(i))); err != nil {
			return err
		}
		at += 8 * f.size()
	}
	return nil
}

// subArray writes a field of a structure, or what is left of it when the dimensions before shape are
// settled.
func (w *valueWriter) subArray(f *DTypeField, shape Shape, at int64, v reflect.Value) error {
	if len(shape) == 0 {
		return w.dtype(f.DType, at, v)
	}
	if !isList(v) || int64(v.Len()) != shape[0] {
		return w.refuse(v, fmt.Sprintf("a list of %d", shape[0]))
	}
	step := 8 * f.DType.size * shape[1:].Elements()
	for i := range v.Len() {
		if err := w.subArray(f, shape[1:], at, inner(v.Index(i))); err != nil {
			return err
		}
		at += step
	}
	return nil
}

func (w *valueWriter) leaf(l leaf, at int64, v reflect.Value) error {
	if !w.put(l, at, v) {
		return w.refuse(v, l.String())
	}
	return nil
}

// put writes a leaf; false if v doesn't fit.
func (w *valueWriter) put(l leaf, at int64, v reflect.Value) bool {
	switch l.kind {
	case KindVoid:
		if v.Kind() != reflect.Slice || v.Type().Elem().Kind() != reflect.Uint8 || 8*int64(v.Len()) != l.bits {
			return false
		}
		copy(w.b[at/8:], v.Bytes())
		return true
	case KindBytes, KindUnicode:
		return v.Kind() == reflect.String && l.putText(w.b, at, v.String())
	}
	if v.IsValid() && v.Type() == reflect.TypeFor[*big.Int]() {
		return w.putBig(l, at, v.Interface().(*big.Int))
	}
	n, ok := numberOf(v)
	if !ok {
		return false
	}
	if !l.isNumber() {
		return w.putBig(l, at, n.bigInt())
	}
	if n, ok = l.convert(n); ok {
		l.store(w.b, at, n)
	}
	return ok
}

func (w *valueWriter) putBig(l leaf, at int64, v *big.Int) bool {
	if v == nil || !l.isInteger() || !fitsBig(v, l.bits, l.kind == KindInt) {
		return false
	}
	if l.packed {
		putBig(w.b, at, l.bits, v)
		return true
	}
	n := number{kind: KindInt, word: uint64(v.Int64())}
	if l.kind == KindUint {
		n = number{kind: KindUint, word: v.Uint64()}
	}
	l.store(w.b, at, n)
	return true
}

// bigInt gives an integer of up to 64 bits as a big one; nil for what is no integer.
func (n number) bigInt() *big.Int {
	switch n.kind {
	case KindInt:
		return big.NewInt(int64(n.word))
	case KindUint:
		return new(big.Int).SetUint64(n.word)
	}
	return nil
}

// numberOf takes a Go number.
func numberOf(v reflect.Value) (n number, ok bool) {
	switch {
	case v.Kind() == reflect.Bool:
		if v.Bool() {
			n.word = 1
		}
		n.kind = KindBool
	case v.CanInt():
		n = number{kind: KindInt, word: uint64(v.Int())}
	case v.CanUint():
		n = number{kind: KindUint, word: v.Uint()}
	case v.Kind() == reflect.Float32:
		n = number{kind: KindFloat, floatSize: 4, word: uint64(math.Float32bits(plain[float32](v)))}
	case v.Kind() == reflect.Float64:
		n = number{kind: KindFloat, floatSize: 8, word: math.Float64bits(v.Float())}
	case v.Kind() == reflect.Complex64:
		c := plain[complex64](v)
		n = number{KindComplex, 4, uint64(math.Float32bits(real(c))), uint64(math.Float32bits(imag(c)))}
	case v.Kind() == reflect.Complex128:
		c := v.Complex()
		n = number{KindComplex, 8, math.Float64bits(real(c)), math.Float64bits(imag(c))}
	default:
		return n, false
	}
	return n, true
}

// plain takes a number out of a value of its kind. reflect's own ways lead over wider types, which
// changes some NaNs.
func plain[T Number](v reflect.Value) T {
	return v.Convert(reflect.TypeFor[T]()).Interface().(T)
}
