// SPDX-License-Identifier: Apache-2.0

package heapjson

import (
	"fmt"
	"strconv"

	"github.com/gospead/spead"
)

// appendDescriptors appends the heap's descriptors in the order in which they were sent.
func appendDescriptors(dst []byte, h Heap) []byte {
	dst = append(dst, `,"descriptors":[`...)
	for d, err := range h.Descriptors() {
		dst = appendUint(appendComma(dst), `{"id":`, uint64(d.ID))
		// What can't be interpreted may have any bytes for a name.
		dst = appendLatin1(append(dst, `,"name":`...), []byte(d.Name))
		if err != nil {
			dst = appendString(append(dst, `,"error":{"type":`...), fmt.Sprintf("%T", err))
			dst = appendString(append(dst, `,"message":`...), err.Error())
			dst = append(dst, '}')
		} else {
			dst = appendMeaning(dst, &d)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// appendMeaning appends what a descriptor says beyond id and name.
func appendMeaning(dst []byte, d *spead.Descriptor) []byte {
	dst = appendLatin1(append(dst, `,"description":`...), []byte(d.Description))
	dst = appendShape(append(dst, `,"shape":`...), d.Shape)
	order := `,"order":"C"`
	if d.FortranOrder {
		order = `,"order":"F"`
	}
	dst = append(append(dst, order...), `,"dtype":`...)
	if d.DType == nil {
		dst = appendFormat(append(dst, `null,"format":`...), d.Format)
		return append(dst, `,"numpy_header":null`...)
	}
	dst = append(appendDType(dst, d.DType), `,"format":null,"numpy_header":`...)
	return appendLatin1(dst, []byte(d.NumpyHeader))
}

func appendFormat(dst []byte, format spead.Format) []byte {
	dst = append(dst, '[')
	for _, f := range format {
		dst = appendLatin1(append(appendComma(dst), '['), []byte{f.Code})
		dst = append(appendInt(dst, `,`, f.Bits), ']')
	}
	return append(dst, ']')
}

// appendDType appends a dtype: numpy's name, or for a structure a list of its fields, each with its
// name, dtype and, for a sub-array, shape.
func appendDType(dst []byte, t *spead.DType) []byte {
	if t.Kind() != spead.KindStruct {
		return appendString(dst, t.String())
	}
	dst = append(dst, '[')
	for _, f := range t.Fields() {
		dst = append(appendComma(dst), '[')
		if f.Title != "" {
			dst = appendString(append(dst, '['), f.Title)
			dst = append(appendString(append(dst, ','), f.Name), ']')
		} else {
			dst = appendString(dst, f.Name)
		}
		dst = appendDType(append(dst, ','), f.DType)
		if len(f.Shape) > 0 {
			dst = appendShape(append(dst, ','), f.Shape)
		}
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

// AppendGroup appends an item group as a JSON list, sorted by id: the vectors' `final_group`.
func AppendGroup(dst []byte, group *spead.ItemGroup) []byte {
	dst = append(dst, '[')
	for _, it := range sortedItems(group.Items()) {
		dst = appendUint(appendComma(dst), `{"id":`, uint64(it.ID))
		dst = appendString(append(dst, `,"name":`...), it.Name)
		dst = append(dst, `,"has_value":`...)
		dst = append(strconv.AppendBool(dst, it.HasValue()), '}')
	}
	return append(dst, ']')
}
