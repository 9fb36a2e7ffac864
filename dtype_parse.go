// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	// dtypeSubject is what errors about dtypes name.
	dtypeSubject = "dtype"
	// kindOldBytes is how numpy wrote KindBytes before it knew KindUnicode.
	kindOldBytes Kind = 'a'
	// aDType says what ParseDType takes.
	aDType = "a numpy type such as '<u2' or a list of (name, type) or (name, type, shape)"
)

// dtypeAliases are names of types that numpy takes besides those it writes. Sizes are those of the
// machines that spead2 runs on.
var dtypeAliases = map[string]string{
	"?": "b1", "b": "i1", "B": "u1", "h": "i2", "H": "u2", "i": "i4", "I": "u4", "l": "i8", "L": "u8",
	"c": "S1", "q": "i8", "Q": "u8", "e": "f2", "f": "f4", "d": "f8", "F": "c8", "D": "c16", "M": "M8", "m": "m8",
	"g": "f16", "G": "c32",
	"bool": "b1", "int8": "i1", "int16": "i2", "int32": "i4", "int64": "i8",
	"uint8": "u1", "uint16": "u2", "uint32": "u4", "uint64": "u8",
	"float16": "f2", "float32": "f4", "float64": "f8", "complex64": "c8", "complex128": "c16",
}

// legalSizes are the sizes in bytes of the kinds that don't have any.
var legalSizes = map[Kind][]int64{
	KindBool: {1}, KindInt: {1, 2, 4, 8}, KindUint: {1, 2, 4, 8}, KindFloat: {2, 4, 8},
	KindComplex: {8, 16}, KindDatetime: {8}, KindTimedelta: {8},
}

// timeUnits are numpy's units of time.
var timeUnits = []string{"Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"}

// ParseDType reads a dtype as numpy writes it: a type string such as "<f4", "|S6", ">U4",
// "<M8[ns]", quoted or not, or a list of fields such as
// "[('t', '<u8'), (”, '|V3'), ('x', [('re', '>f4'), ('im', '>f4')], (2, 3))]".
// A type without byte order is little-endian, whatever the machine; numpy's own names, such as
// "float32", are known too. Refused, with a *FieldError: objects, floats of other than 2, 4 or 8
// bytes (numpy's long double differs between machines), dtypes, fields and sub-arrays of no bytes,
// and sizes beyond numpy's limit of 2147483647 bytes.
func ParseDType(text string) (*DType, error) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || strings.IndexByte(`['"(`, trimmed[0]) < 0 {
		return namedDType(trimmed)
	}
	value, err := parseLiteral(dtypeSubject, trimmed)
	if err != nil {
		return nil, err
	}
	return dtypeOf(value)
}

// dtypeOf interprets a literal as a dtype, as numpy.dtype does.
func dtypeOf(value any) (*DType, error) {
	switch v := value.(type) {
	case string:
		return namedDType(v)
	case pyList:
		return structOf(v)
	}
	return nil, &FieldError{dtypeSubject, excerpt(fmt.Sprint(value)), aDType}
}

func structOf(list pyList) (*DType, error) {
	t := &DType{kind: KindStruct, fields: make([]DTypeField, len(list))}
	names := make(map[string]bool, len(list))
	for i, value := range list {
		f := &t.fields[i]
		if err := f.parse(value); err != nil {
			return nil, err
		}
		if f.Name == "" {
			f.Name = "f" + strconv.Itoa(i)
		}
		if names[f.Name] {
			return nil, &FieldError{dtypeSubject + " field", f.Name, "a name that no other field has"}
		}
		names[f.Name] = true
		if t.size += f.size(); t.size > dtypeSizeMax {
			return nil, tooLarge(f.Name)
		}
	}
	if len(list) == 0 {
		return nil, &FieldError{dtypeSubject, "[]", "at least one field"}
	}
	return t, nil
}

func tooLarge(name string) error {
	return &FieldError{dtypeSubject, excerpt(name), fmt.Sprintf("a size of up to %d bytes", dtypeSizeMax)}
}

// parse interprets (name, type) or (name, type, shape), where name may be (title, name) and type
// may have a shape itself.
func (f *DTypeField) parse(value any) error {
	tuple, ok := value.(pyTuple)
	if !ok || len(tuple) != 2 && len(tuple) != 3 {
		return &FieldError{dtypeSubject + " field", excerpt(fmt.Sprint(value)), "(name, type) or (name, type, shape)"}
	}
	if err := f.parseName(tuple[0]); err != nil {
		return err
	}
	if len(tuple) == 3 {
		return f.parseType(tuple[1:])
	}
	return f.parseType(tuple[1])
}

// parseType interprets a type, or (type, shape). Shapes of shapes become one, as in numpy's arrays.
func (f *DTypeField) parseType(value any) (err error) {
	pair, ok := value.(pyTuple)
	if !ok || len(pair) != 2 {
		f.DType, err = dtypeOf(value)
		return err
	}
	if err := f.parseType(pair[0]); err != nil {
		return err
	}
	return f.parseShape(pair[1])
}

func (f *DTypeField) parseName(value any) error {
	if pair, ok := value.(pyTuple); ok && len(pair) == 2 {
		if f.Title, ok = pair[0].(string); ok {
			value = pair[1]
		}
	}
	name, ok := value.(string)
	if !ok {
		return &FieldError{dtypeSubject + " field", excerpt(fmt.Sprint(value)), "a name, or (title, name)"}
	}
	f.Name = name
	return nil
}

func (f *DTypeField) parseShape(value any) error {
	list, ok := value.(pyTuple)
	if n, isInt := value.(int64); isInt {
		// To numpy, a bare 1 is no sub-array.
		if list, ok = (pyTuple{n}), true; n == 1 {
			list = nil
		}
	}
	if !ok || len(list) > dimensionsMax {
		return &FieldError{dtypeSubject + " field", f.Name, fmt.Sprintf("a shape of up to %d dimensions", dimensionsMax)}
	}
	outer := make(Shape, len(list))
	for i, value := range list {
		// Sub-arrays of nothing would make an element cost more than it has bytes.
		n, ok := value.(int64)
		if !ok || n < 1 {
			return &FieldError{dtypeSubject + " field", f.Name, "dimensions of 1 or more"}
		}
		outer[i] = n
	}
	f.Shape = append(outer, f.Shape...)
	if len(f.Shape) > dimensionsMax || f.Shape.Elements() > dtypeSizeMax/f.DType.size {
		return tooLarge(f.Name)
	}
	return nil
}

// namedDType interprets a type string.
func namedDType(name string) (*DType, error) {
	big, rest := false, name
	if rest != "" && strings.IndexByte("<>|=", rest[0]) >= 0 {
		big, rest = rest[0] == '>', rest[1:]
	}
	if full, ok := dtypeAliases[rest]; ok {
		rest = full
	}
	if rest == "" {
		return nil, &FieldError{dtypeSubject, name, aDType}
	}
	t := &DType{kind: Kind(rest[0])}
	if t.kind == kindOldBytes {
		t.kind = KindBytes
	}
	digits, unit, hasUnit := strings.Cut(rest[1:], "[")
	var err error
	if t.size, err = strconv.ParseInt(digits, 10, 32); err != nil && digits != "" {
		return nil, &FieldError{dtypeSubject, excerpt(name), aDType}
	}
	if hasUnit {
		if t.unit, hasUnit = strings.CutSuffix(unit, "]"); !hasUnit || !t.isUnit() {
			return nil, &FieldError{dtypeSubject, excerpt(name), "a unit of time such as [ns] or [25s]"}
		}
	}
	if err := t.setSize(name); err != nil {
		return nil, err
	}
	t.big = big && t.kind.hasOrder() && t.partSize() > 1
	return t, nil
}

// isUnit says whether the unit is one of time: perhaps a count, and a name.
func (t *DType) isUnit() bool {
	name := strings.TrimLeft(t.unit, "0123456789")
	if slices.Contains(timeUnits, name) {
		return t.kind == KindDatetime || t.kind == KindTimedelta
	}
	return false
}

// setSize checks the size, which so far is the number behind the kind.
func (t *DType) setSize(name string) error {
	legal, fixed := legalSizes[t.kind]
	switch {
	case t.kind == KindObject:
		return &FieldError{dtypeSubject, excerpt(name), "a dtype without objects"}
	case fixed:
		if slices.Contains(legal, t.size) {
			return nil
		}
		if (t.kind == KindFloat || t.kind == KindComplex) && t.size > 8 {
			return &FieldError{dtypeSubject, excerpt(name),
				"floats of 2, 4 or 8 bytes; long double differs between machines"}
		}
		return &FieldError{dtypeSubject, excerpt(name), fmt.Sprintf("%c of %v bytes", t.kind, legal)}
	case t.kind != KindBytes && t.kind != KindUnicode && t.kind != KindVoid:
		return &FieldError{dtypeSubject, excerpt(name), aDType}
	case t.size < 1:
		return &FieldError{dtypeSubject, excerpt(name), "a size of at least one byte"}
	}
	if t.kind == KindUnicode {
		if t.size *= unicodeSize; t.size > dtypeSizeMax {
			return tooLarge(name)
		}
	}
	return nil
}
