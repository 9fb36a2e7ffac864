// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
)

// source makes descriptors and values at random.
type source struct{ *rand.Rand }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 1))} }

func (r source) pick(list ...string) string { return list[r.IntN(len(list))] }

// descriptor makes a legal descriptor, small enough for values of a few thousand bits.
func (r source) descriptor() Descriptor {
	d := Descriptor{ID: ItemID(0x1000 + r.IntN(0x1000)), Name: r.pick("", "n", "it's"), Description: r.pick("", `"d"\`)}
	for range r.IntN(4) {
		d.Shape = append(d.Shape, int64(r.IntN(4)))
	}
	if r.IntN(2) == 0 {
		d.Format = r.format()
		// Padding may look like more elements if these are smaller than a byte.
		if len(d.Shape) > 0 && d.Format.Bits() >= 8 && r.IntN(2) == 0 {
			d.Shape[r.IntN(len(d.Shape))] = Variable
		}
		return d
	}
	text := r.descr(2)
	if text[0] != '[' {
		text = "'" + text + "'"
	}
	raw := RawDescriptor{NumpyHeader: []byte("{'descr': " + text + ", 'fortran_order': False, 'shape': ()}")}
	parsed, err := raw.Descriptor(0)
	if err != nil {
		panic(err)
	}
	d.DType, d.FortranOrder = parsed.DType, r.IntN(2) == 0
	return d
}

func (r source) format() Format {
	var f Format
	for range 1 + r.IntN(3) {
		switch r.IntN(6) {
		case 0:
			f = append(f, Field{'c', 8})
		case 1:
			f = append(f, Field{'f', 32 << r.IntN(2)})
		case 2:
			f = append(f, Field{r.pick("u", "i", "b")[0], 8 << r.IntN(4)})
		case 3:
			f = append(f, Field{r.pick("u", "i", "b")[0], 1 + r.Int64N(150)})
		default:
			f = append(f, Field{r.pick("u", "i", "b")[0], 1 + r.Int64N(64)})
		}
	}
	return f
}

// descr makes the text of a dtype, with structures nested so deep.
func (r source) descr(depth int) string {
	if depth == 0 || r.IntN(3) > 0 {
		return r.pick("<", ">") + r.pick("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8",
			"c8", "c16", "S1", "S5", "U1", "U3", "V4", "M8[ns]", "m8[10s]")
	}
	var fields []string
	for i := range 1 + r.IntN(3) {
		text := r.descr(depth - 1)
		if text[0] != '[' {
			text = "'" + text + "'"
		}
		field := "('" + strings.Repeat("x", i+1) + "', " + text
		if r.IntN(3) == 0 {
			field += ", (" + strconv.Itoa(1+r.IntN(3)) + ", " + strconv.Itoa(1+r.IntN(3)) + ")"
		}
		fields = append(fields, field+")")
	}
	return "[" + strings.Join(fields, ", ") + "]"
}

// value makes a value for a descriptor, in the form of Item.Value.
func (r source) value(d *Descriptor) any {
	shape := d.Shape.Resolve(r.Int64N(30))
	if d.IsText() {
		return strings.Repeat("t", int(shape[0]))
	}
	e := d.element()
	return r.lists(shape, func() any { return r.element(&e) })
}

func (r source) lists(shape Shape, element func() any) any {
	if len(shape) == 0 {
		return element()
	}
	list := make([]any, shape[0])
	for i := range list {
		list[i] = r.lists(shape[1:], element)
	}
	return list
}

func (r source) element(e *element) any {
	if e.dtype != nil {
		return r.ofDType(e.dtype)
	}
	if len(e.fields) == 1 {
		return r.ofLeaf(e.fields[0].leaf())
	}
	var record []any
	for _, field := range e.fields {
		record = append(record, r.ofLeaf(field.leaf()))
	}
	return record
}

func (r source) ofDType(t *DType) any {
	if t.kind != KindStruct {
		return r.ofLeaf(leafOf(t))
	}
	var record []any
	for _, f := range t.fields {
		record = append(record, r.lists(f.Shape, func() any { return r.ofDType(f.DType) }))
	}
	return record
}

func (r source) ofLeaf(l leaf) any {
	word := r.Uint64()
	switch l.kind {
	case KindBool:
		return word&1 == 1
	case KindInt, KindUint:
		return r.integer(l)
	case KindFloat:
		switch l.bits {
		case 16:
			return math.Float32frombits(halfToFloat(uint16(word)))
		case 32:
			return math.Float32frombits(uint32(word))
		}
		return math.Float64frombits(word)
	case KindComplex:
		if l.bits == 64 {
			return complex(math.Float32frombits(uint32(word)), math.Float32frombits(r.Uint32()))
		}
		return complex(math.Float64frombits(word), math.Float64frombits(r.Uint64()))
	case KindBytes:
		return strings.Repeat("\xff\x00s", 3)[:1+2*int(word%2)*min(1, int(l.bits/40))]
	case KindUnicode:
		return strings.Repeat(r.pick("", "a", "é", "\U0001F600"), int(l.bits/32))
	}
	return []byte("void")[:l.bits/8]
}

func (r source) integer(l leaf) any {
	v := new(big.Int)
	for range l.bits {
		v.Lsh(v, 1).SetBit(v, 0, uint(r.IntN(2)))
	}
	if l.kind == KindInt {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(l.bits-1)))
	}
	switch {
	case l.bits > wordBits:
		return v
	case l.kind == KindInt:
		return v.Int64()
	}
	return v.Uint64()
}
