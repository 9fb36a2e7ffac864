// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"encoding/json"
	"strconv"
	"strings"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// dtypeBytes is the size of one element of a dtype in the vectors' form: a string such as "<f4", or
// a list of fields, each a name, a dtype, and perhaps a shape.
func dtypeBytes(dtype any) int64 {
	switch d := dtype.(type) {
	case string:
		kind, size := splitDType(d)
		if kind == 'U' {
			// numpy counts characters, of 4 bytes each.
			return 4 * size
		}
		return size
	case []any:
		var total int64
		for _, f := range d {
			total += fieldBytes(f)
		}
		return total
	}
	return 0
}

func fieldBytes(f any) int64 {
	parts, _ := f.([]any)
	if len(parts) < 2 {
		return 0
	}
	size := dtypeBytes(parts[1])
	if len(parts) > 2 {
		dimensions, _ := parts[2].([]any)
		for _, d := range dimensions {
			n, _ := d.(json.Number)
			count, _ := n.Int64()
			size = saturatingProduct(size, count)
		}
	}
	return size
}

// splitDType takes the kind and the number out of a string such as "<f4" or "<M8[ns]".
func splitDType(dtype string) (kind byte, size int64) {
	if len(dtype) < 2 {
		return 0, 0
	}
	number, _, _ := strings.Cut(dtype[2:], "[")
	size, _ = strconv.ParseInt(number, 10, 64)
	return dtype[1], size
}

// deliveredDType is the `dtype` of an item with dimensions: native order, which on the machine that
// made the vectors is little-endian, except in bit-packed structures.
func (d *descriptor) deliveredDType() any {
	if d.DType != nil {
		return littleEndian(d.DType)
	}
	packed := d.isBitPacked()
	if len(d.Format) == 1 {
		return fieldDType(d.Format[0], packed)
	}
	var list []any
	for i, f := range d.Format {
		list = append(list, []any{"f" + strconv.Itoa(i), fieldDType(f, packed)})
	}
	return list
}

// fieldDType is the `dtype` of one field of a format. In a bit-packed item spead2 keeps the wire's
// byte order.
func fieldDType(f field, packed bool) string {
	name, native := nativeName(f)
	switch {
	case !native:
		return "|O"
	case packed:
		return bigEndianName(name)
	}
	return name
}

// littleEndian gives a dtype with all its byte orders little-endian. Names of fields stay.
func littleEndian(dtype any) any {
	switch d := dtype.(type) {
	case string:
		return strings.Replace(d, ">", "<", 1)
	case []any:
		fields := make([]any, len(d))
		for i := range d {
			parts, _ := d[i].([]any)
			fields[i] = append([]any{}, parts...)
			if len(parts) > 1 {
				fields[i].([]any)[1] = littleEndian(parts[1])
			}
		}
		return fields
	}
	return dtype
}
