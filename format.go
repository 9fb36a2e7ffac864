// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"strconv"
	"strings"
)

// The type codes of format fields.
const (
	// CodeUint is an unsigned integer of 1 bit or more.
	CodeUint byte = 'u'
	// CodeInt is a signed integer of 1 bit or more, in two's complement.
	CodeInt byte = 'i'
	// CodeFloat is an IEEE float of 32 or 64 bits.
	CodeFloat byte = 'f'
	// CodeBool is a boolean of 1 bit or more, true if any bit is set.
	CodeBool byte = 'b'
	// CodeChar is an ASCII character of 8 bits.
	CodeChar byte = 'c'
)

// elementBitsMax is how many bits one element may have. It is numpy's limit for the size of a dtype,
// and keeps the arithmetic with sizes from overflowing.
const elementBitsMax = 8 * dtypeSizeMax

// Field is one field of a format: a type code ('u', 'i', 'f', 'b' or 'c') and its width in bits.
type Field struct {
	Code byte
	Bits int64
}

// String gives the field as "u12".
func (f Field) String() string { return string(rune(f.Code)) + strconv.FormatInt(f.Bits, 10) }

// Format lists the fields of which each element of an item consists.
type Format []Field

// ParseFormat reads what Format.String writes: fields with commas between them, such as "u12" or
// "b1,i7,c8,f32". Errors are *FieldError, for illegal fields too.
func ParseFormat(s string) (Format, error) {
	var format Format
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if len(part) < 2 {
			return nil, &FieldError{"Descriptor.Format", s, "fields such as u12, with commas between them"}
		}
		bits, err := strconv.ParseInt(part[1:], 10, 64)
		if err != nil {
			return nil, &FieldError{"Descriptor.Format", s, "fields such as u12, with commas between them"}
		}
		format = append(format, Field{part[0], bits})
	}
	return format, format.check()
}

// Bits is the width of an element: the sum of the fields' widths.
func (f Format) Bits() int64 {
	var bits int64
	for _, field := range f {
		bits += field.Bits
	}
	return bits
}

// String gives the fields with commas between them: "b1,i7,c8,f32".
func (f Format) String() string {
	var b strings.Builder
	for i, field := range f {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(field.String())
	}
	return b.String()
}

// isText says whether one-dimensional items of the format are text.
func (f Format) isText() bool { return len(f) == 1 && f[0] == Field{CodeChar, 8} }

// check reports a format that no descriptor may have.
func (f Format) check() error {
	if len(f) == 0 {
		return &FieldError{"Descriptor.Format", "empty", "one field or more"}
	}
	left := int64(elementBitsMax)
	for _, field := range f {
		if err := field.check(); err != nil {
			return err
		}
		if left -= field.Bits; left < 0 {
			return &FieldError{"Descriptor.Format", fmt.Sprintf("%d fields", len(f)),
				fmt.Sprintf("up to %d bits in all", int64(elementBitsMax))}
		}
	}
	return nil
}

func (f Field) check() error {
	legal, allowed := false, ""
	switch f.Code {
	case CodeUint, CodeInt, CodeBool:
		legal, allowed = f.Bits >= 1 && f.Bits <= elementBitsMax,
			fmt.Sprintf("%c of 1 to %d bits", f.Code, int64(elementBitsMax))
	case CodeFloat:
		legal, allowed = f.Bits == 32 || f.Bits == 64, "f32 or f64"
	case CodeChar:
		legal, allowed = f.Bits == 8, "c8"
	default:
		allowed = "the codes u, i, f, b and c"
	}
	if legal {
		return nil
	}
	return &FieldError{"Descriptor.Format", f.String(), allowed}
}

// native gives the big-endian dtype that a field has if its bytes can be taken as they are.
func (f Field) native() (*DType, bool) {
	kind := Kind(f.Code)
	switch {
	case f.Code == CodeBool && f.Bits == 8:
	case f.Code == CodeChar && f.Bits == 8:
		kind = KindBytes
	case f.Code == CodeFloat && (f.Bits == 32 || f.Bits == 64):
	case f.Code == CodeUint || f.Code == CodeInt:
		if f.Bits != 8 && f.Bits != 16 && f.Bits != 32 && f.Bits != 64 {
			return nil, false
		}
	default:
		return nil, false
	}
	return &DType{kind: kind, big: kind.hasOrder() && f.Bits > 8, size: f.Bits / 8}, true
}
