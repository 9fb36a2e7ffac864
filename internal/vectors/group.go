// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"reflect"
	"strings"
)

// verdict says whether something has to be. The zero value forbids it.
type verdict uint8

const (
	no verdict = iota
	// maybe: the vector doesn't say, and both are right.
	maybe
	yes
)

// group follows the item group through a vector's heaps: which descriptor stands for each id, and
// which items have a value by our rules that they don't have in spead2.
type group struct {
	byID   map[uint64]*descriptor
	byName map[string]*descriptor
	gained map[uint64]verdict
}

func newGroup() *group {
	return &group{map[uint64]*descriptor{}, map[string]*descriptor{}, map[uint64]verdict{}}
}

// add applies a heap's descriptors, up to the first that can't be interpreted; it returns false if
// there is one, which ends the update.
func (g *group) add(list []descriptor) bool {
	for i := range list {
		d := &list[i]
		if d.Error != nil {
			return false
		}
		old := g.byID[d.ID]
		if old != nil && old.same(d) {
			continue
		}
		g.remove(old)
		g.remove(g.byName[d.Name])
		g.byID[d.ID], g.byName[d.Name] = d, d
	}
	return true
}

func (g *group) remove(d *descriptor) {
	if d == nil {
		return
	}
	delete(g.byID, d.ID)
	delete(g.byName, d.Name)
	delete(g.gained, d.ID)
}

// gain notes that an item has a value, or may have one, that it doesn't have in spead2.
func (g *group) gain(id uint64, v verdict) {
	g.gained[id] = max(g.gained[id], v)
}

func (d *descriptor) same(other *descriptor) bool {
	return d.Name == other.Name && d.Description == other.Description && d.Order == other.Order &&
		reflect.DeepEqual(d.Shape, other.Shape) && reflect.DeepEqual(d.Format, other.Format) &&
		reflect.DeepEqual(d.DType, other.DType)
}

// itemBits is the size in bits of one element.
func (d *descriptor) itemBits() int64 {
	if d.DType != nil {
		return 8 * dtypeBytes(d.DType)
	}
	var bits int64
	for _, f := range d.Format {
		bits += f.Bits
	}
	return bits
}

// resolve gives the shape of a value for which there are bytes, and whether they suffice.
func (d *descriptor) resolve(bytes int64) (shape []int64, fits bool) {
	available := bytes * 8 / max(1, d.itemBits())
	known, variable := int64(1), -1
	for i, dimension := range d.Shape {
		shape = append(shape, 0)
		if dimension == nil {
			variable = i
			continue
		}
		shape[i] = *dimension
		known = saturatingProduct(known, *dimension)
	}
	if variable < 0 {
		return shape, known <= available
	}
	if known > 0 {
		shape[variable] = available / known
	}
	return shape, true
}

// isEmpty says whether a shape has no element.
func isEmpty(shape []int64) bool { return elementCount(shape) == 0 }

func elementCount(shape []int64) int64 {
	count := int64(1)
	for _, dimension := range shape {
		count = saturatingProduct(count, dimension)
	}
	return count
}

// saturatingProduct multiplies what a descriptor claims, which may be beyond any number of bytes.
func saturatingProduct(a, b int64) int64 {
	const most = 1 << 62
	if a > 0 && b > most/a {
		return most
	}
	return a * b
}

// isText says whether values are delivered as text: one dimension of 8-bit characters.
func (d *descriptor) isText() bool {
	return len(d.Shape) == 1 && len(d.Format) == 1 && d.Format[0] == field{"c", 8}
}

// isBitPacked says whether some field has no native type, which makes spead2 read bit by bit.
func (d *descriptor) isBitPacked() bool {
	for _, f := range d.Format {
		if _, ok := nativeName(f); !ok {
			return true
		}
	}
	return false
}

// nativeName gives the numpy type of a field that has one, in little-endian order.
func nativeName(f field) (name string, ok bool) {
	names := map[string]string{
		"u8": "|u1", "u16": "<u2", "u32": "<u4", "u64": "<u8",
		"i8": "|i1", "i16": "<i2", "i32": "<i4", "i64": "<i8",
		"f32": "<f4", "f64": "<f8", "b8": "|b1", "c8": "|S1",
	}
	name, ok = names[f.Code+itoa(f.Bits)]
	return name, ok
}

// bigEndianName turns a numpy type into its big-endian form.
func bigEndianName(name string) string { return strings.Replace(name, "<", ">", 1) }
