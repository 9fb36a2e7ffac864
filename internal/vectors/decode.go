// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// valuesMost is how many elements an array may have to be written out in a vector.
const valuesMost = 400

// itemValue is a decoded item, or what can be told of it.
type itemValue struct {
	entry object
	// partial: only some of the entry's keys are known.
	partial bool
	// bad: decoding fails.
	bad verdict
}

// decodeItem gives the entry in `items` that a raw item makes, from the descriptor and the bytes
// that the vector has. It follows the rules for items that need no bytes.
func (d *descriptor) decodeItem(raw rawItem, addressBytes int) itemValue {
	length := raw.Len
	if raw.Immediate {
		length = int64(addressBytes)
	}
	shape, fits := d.resolve(length)
	if !fits {
		return itemValue{bad: yes}
	}
	entry := object{"id": jsonInt(int64(d.ID)), "name": d.Name, "immediate": raw.Immediate}
	content, known := raw.content(addressBytes)
	if isEmpty(shape) {
		content, known = nil, true
	}
	order := d.Order == "F" && len(shape) > 1 && !isEmpty(shape)
	if _, structured := d.DType.([]any); !known || order || structured && !isEmpty(shape) {
		value := itemValue{entry: entry, partial: true}
		if d.isText() {
			value.bad = maybe
		}
		return value
	}
	need := int((elementCount(shape)*d.itemBits() + 7) / 8)
	if raw.Immediate {
		// The sender pads immediates in front.
		content = content[max(0, len(content)-need):]
	}
	if d.isText() {
		return textValue(entry, content[:need])
	}
	d.fill(entry, shape, content[:need])
	return itemValue{entry: entry}
}

// content gives the item's bytes as far as the vector has them.
func (r rawItem) content(addressBytes int) (content []byte, known bool) {
	if r.Immediate {
		for shift := 8 * (addressBytes - 1); shift >= 0; shift -= 8 {
			content = append(content, byte(r.Value>>shift))
		}
		return content, true
	}
	if r.Hex == nil {
		return nil, false
	}
	content, err := hex.DecodeString(*r.Hex)
	return content, err == nil
}

// textValue is the entry of a one-dimensional item of characters. spead2 drops NULs from these.
func textValue(entry object, content []byte) itemValue {
	s := strings.ReplaceAll(string(content), "\x00", "")
	if strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 }) {
		return itemValue{bad: yes}
	}
	entry["dtype"], entry["value"] = "str", s
	entry["shape"] = []any{jsonInt(int64(len(s)))}
	return itemValue{entry: entry}
}

// fill adds to an entry what its content says. The elements are in C order.
func (d *descriptor) fill(entry object, shape []int64, content []byte) {
	dtype := d.deliveredDType()
	count := int(elementCount(shape))
	values := make([]any, count)
	var little []byte
	bits := bitReader{content, 0}
	for i := range values {
		var b []byte
		values[i], b = d.element(&bits)
		little = append(little, b...)
	}
	if len(shape) == 0 {
		entry["shape"], entry["value"] = []any{}, values[0]
		entry["dtype"] = d.scalarDType(dtype)
		return
	}
	entry["dtype"], entry["shape"] = dtype, jsonInts(shape)
	if !d.isBitPacked() {
		sum := sha256.Sum256(little)
		entry["sha256"] = hex.EncodeToString(sum[:])
		entry["len"] = jsonInt(int64(len(little)))
	}
	if count <= valuesMost {
		entry["value"] = nest(shape, &values)
	}
}

// scalarDType is the `dtype` of an item without dimensions: numbers that have no native type are
// plain ones.
func (d *descriptor) scalarDType(dtype any) any {
	if dtype != "|O" {
		return dtype
	}
	if d.Format[0].Code == "b" {
		return "bool"
	}
	return "int"
}

// nest makes lists of lists of values, taking them from the front.
func nest(shape []int64, values *[]any) any {
	if len(shape) == 0 {
		first := (*values)[0]
		*values = (*values)[1:]
		return first
	}
	list := make([]any, shape[0])
	for i := range list {
		list[i] = nest(shape[1:], values)
	}
	return list
}

// element reads one element: its value, and its bytes in little-endian order.
func (d *descriptor) element(bits *bitReader) (value any, little []byte) {
	if dtype, ok := d.DType.(string); ok {
		return plainElement(dtype, bits.bytes(int(dtypeBytes(dtype))))
	}
	var list []any
	for _, f := range d.Format {
		raw := bits.take(f.Bits)
		list = append(list, fieldValue(f, raw))
		b := raw.FillBytes(make([]byte, (f.Bits+7)/8))
		slices.Reverse(b)
		little = append(little, b...)
	}
	if len(list) == 1 {
		return list[0], little
	}
	return list, little
}

func fieldValue(f field, raw *big.Int) any {
	switch f.Code {
	case "b":
		return raw.Sign() != 0
	case "c":
		return latin1([]byte{byte(raw.Uint64())})
	case "f":
		return floatValue(raw.Uint64(), f.Bits)
	case "i":
		if raw.Bit(int(f.Bits)-1) == 1 {
			raw = new(big.Int).Sub(raw, new(big.Int).Lsh(big.NewInt(1), uint(f.Bits)))
		}
	}
	return json.Number(raw.String())
}

// latin1 gives a byte string as numpy does: a character per byte, without the NULs at its end.
func latin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return strings.TrimRight(s.String(), "\x00")
}

func jsonInt(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

func jsonInts(list []int64) []any {
	result := make([]any, len(list))
	for i, n := range list {
		result[i] = jsonInt(n)
	}
	return result
}
