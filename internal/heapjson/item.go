// SPDX-License-Identifier: Apache-2.0

package heapjson

import (
	"cmp"
	"fmt"
	"iter"
	"math/big"
	"slices"
	"strconv"

	"github.com/gospead/spead"
)

// valuesMost is how many elements of an array are written out; of longer ones only the hash is.
const valuesMost = 400

// sortedItems gives items by id, each once.
func sortedItems(items iter.Seq[*spead.Item]) []*spead.Item {
	sorted := slices.SortedFunc(items, func(a, b *spead.Item) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Compact(sorted)
}

// update updates the group with the heap and adds the items that changed to e.items.
func (e *Encoder) update(h Heap, group *spead.ItemGroup) error {
	changed, err := group.Update(h)
	if err != nil {
		return err
	}
	for _, it := range sortedItems(slices.Values(changed)) {
		if err := e.addItem(it); err != nil {
			return fmt.Errorf("write item %v: %w", it.ID, err)
		}
	}
	return nil
}

// addItem adds an item that has a value to e.items.
func (e *Encoder) addItem(it *spead.Item) error {
	dst := appendUint(appendComma(e.items), `{"id":`, uint64(it.ID))
	dst = appendString(append(dst, `,"name":`...), it.Name)
	dst = append(dst, `,"dtype":`...)
	kind, dtype := it.ResultType()
	var err error
	switch {
	case kind == spead.ResultText:
		dst, err = appendText(dst, it)
	case kind == spead.ResultInt:
		dst, err = appendNumber(append(dst, `"int"`...), it, nil)
	case kind == spead.ResultBool:
		dst, err = appendNumber(append(dst, `"bool"`...), it, nil)
	case len(it.ValueShape()) == 0:
		dst, err = appendNumber(appendDType(dst, dtype), it, dtype)
	default:
		dst, err = e.appendArray(appendDType(dst, dtype), it, dtype)
	}
	if err != nil {
		return err
	}
	e.items = append(appendBool(dst, `,"immediate":`, it.Immediate()), '}')
	return nil
}

// appendText appends the rest of an item that is text. Its length is that of the text: spead2 drops
// NULs.
func appendText(dst []byte, it *spead.Item) ([]byte, error) {
	text, err := it.Text()
	if err != nil {
		return dst, err
	}
	dst = appendInt(dst, `"str","shape":[`, int64(len(text)))
	return appendString(append(dst, `],"value":`...), text), nil
}

// appendNumber appends shape and value of an item without dimensions.
func appendNumber(dst []byte, it *spead.Item, dtype *spead.DType) ([]byte, error) {
	value, err := it.Value()
	if err != nil {
		return dst, err
	}
	return appendElement(append(dst, `,"shape":[],"value":`...), value, dtype), nil
}

// appendArray appends shape and elements of an item with dimensions.
func (e *Encoder) appendArray(dst []byte, it *spead.Item, dtype *spead.DType) ([]byte, error) {
	shape := it.ValueShape()
	dst = appendShape(append(dst, `,"shape":`...), shape)
	if !hasObjects(dtype) {
		var err error
		if e.elements, err = it.AppendLittleEndian(e.elements[:0]); err != nil {
			return dst, err
		}
		dst = appendHash(dst, e.elements)
		dst = appendInt(dst, `,"len":`, int64(len(e.elements)))
	}
	if shape.Elements() > valuesMost {
		return dst, nil
	}
	value, err := it.Value()
	if err != nil {
		return dst, err
	}
	return appendNested(append(dst, `,"value":`...), value, element{len(shape), dtype}), nil
}

// hasObjects says whether elements are bit-packed, which numpy has no bytes for.
func hasObjects(dtype *spead.DType) bool {
	if dtype.Kind() == spead.KindStruct {
		return slices.ContainsFunc(dtype.Fields(), func(f spead.DTypeField) bool { return hasObjects(f.DType) })
	}
	return dtype.Kind() == spead.KindObject
}

// element says what a nested list is of.
type element struct {
	dimensions int
	dtype      *spead.DType
}

// appendNested appends lists of lists of elements.
func appendNested(dst []byte, value any, of element) []byte {
	if of.dimensions == 0 {
		return appendElement(dst, value, of.dtype)
	}
	list, _ := value.([]any)
	dst = append(dst, '[')
	for _, inner := range list {
		dst = appendNested(appendComma(dst), inner, element{of.dimensions - 1, of.dtype})
	}
	return append(dst, ']')
}

// appendElement appends an element as Item.Value gives it. dtype is nil for plain integers and bools.
func appendElement(dst []byte, value any, dtype *spead.DType) []byte {
	switch v := value.(type) {
	case bool:
		return strconv.AppendBool(dst, v)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case *big.Int:
		return v.Append(dst, 10)
	case float32:
		return appendFloat(dst, float64(v))
	case float64:
		return appendFloat(dst, v)
	case complex64:
		return appendComplex(dst, complex128(v))
	case complex128:
		return appendComplex(dst, v)
	case string:
		if dtype.Kind() == spead.KindUnicode {
			return appendString(dst, v)
		}
		return appendLatin1(dst, []byte(v))
	case []byte:
		return appendHex(dst, v)
	case []any:
		return appendStructure(dst, v, dtype)
	}
	// Item.Value gives nothing else.
	return append(dst, "null"...)
}

func appendComplex(dst []byte, c complex128) []byte {
	dst = appendFloat(append(dst, '['), real(c))
	return append(appendFloat(append(dst, ','), imag(c)), ']')
}

func appendStructure(dst []byte, values []any, dtype *spead.DType) []byte {
	dst = append(dst, '[')
	for i, f := range dtype.Fields() {
		dst = appendNested(appendComma(dst), values[i], element{len(f.Shape), f.DType})
	}
	return append(dst, ']')
}
