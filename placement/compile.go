// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gospead/spead"
)

const (
	indicesMax = 16
	valuesMax  = 1 << 16
	// tableMax is up to what span of listed values their numbers stand in a table; beyond it, they are
	// looked up.
	tableMax  = 1 << 20
	allBits   = 1<<valueBits - 1
	recordMax = 1 << 16
)

// Compile checks a description and makes a Plan of it. What is wrong comes as a *spead.FieldError.
func (s *Spec) Compile() (*Plan, error) {
	if s.HeapBytes < 1 {
		return nil, fieldError("HeapBytes", s.HeapBytes, "at least 1 byte")
	}
	if s.PacketBytes < 0 {
		return nil, fieldError("PacketBytes", s.PacketBytes, "at least 1 byte, or 0 for presence per heap")
	}
	if s.Window < 0 {
		return nil, fieldError("Window", s.Window, "at least 1 chunk, or 0 for the default")
	}
	if len(s.Indices) < 1 || len(s.Indices) > indicesMax {
		return nil, fieldError("Indices", len(s.Indices), fmt.Sprintf("1 to %d indices", indicesMax))
	}
	p := &Plan{heapBytes: s.HeapBytes, packetBytes: s.PacketBytes, window: s.Window, perHeap: 1}
	if s.PacketBytes > 0 {
		packets := (s.HeapBytes-1)/int64(s.PacketBytes) + 1
		if packets > math.MaxInt/2 {
			return nil, fieldError("PacketBytes", s.PacketBytes, "packets of which there are few enough to be counted")
		}
		p.perHeap = int(packets)
	}
	order, err := p.compileIndices(s.Indices)
	if err != nil {
		return nil, err
	}
	if err := p.layOut(order); err != nil {
		return nil, err
	}
	return p, p.compileSides(s.Side)
}

func fieldError(field string, value any, allowed string) error {
	return &spead.FieldError{Field: "placement.Spec." + field, Value: value, Allowed: allowed}
}

// compileValue makes a value's bits those of an index or side value. Preconditions: field names it.
func (p *Plan) compileValue(field string, v *Value) (taken, error) {
	switch {
	case v.Stream == (v.Item != 0):
		return taken{}, fieldError(field+".Item", v.Item, "an item, or Stream instead")
	case v.Item > 0 && uint64(v.Item) > allBits>>1:
		return taken{}, fieldError(field+".Item", v.Item, "an item id")
	case v.Shift < 0 || v.Shift > 63:
		return taken{}, fieldError(field+".Shift", v.Shift, "0 to 63")
	}
	t := taken{mask: v.Mask, shift: uint8(v.Shift)}
	if t.mask == 0 {
		t.mask = allBits
	}
	if v.Stream {
		t.item = fromStream
		return t, nil
	}
	at := slices.Index(p.items, v.Item)
	if at < 0 {
		at = len(p.items)
		p.items = append(p.items, v.Item)
	}
	t.item = int32(at)
	return t, nil
}

// compileIndices makes the plan's indices, and gives them in the order of the description.
func (p *Plan) compileIndices(described []Index) (order []*index, err error) {
	p.indices = make([]index, 0, len(described))
	p.reasons = []string{"length"}
	endless := 0
	for i := range described {
		x, err := p.compileIndex(fmt.Sprintf("Indices[%d]", i), &described[i])
		if err != nil {
			return nil, err
		}
		x.reason = p.addReason(described[i].Name)
		if !described[i].Endless {
			p.indices = append(p.indices, x)
			order = append(order, &p.indices[len(p.indices)-1])
			continue
		}
		p.time = x
		order = append(order, &p.time)
		endless++
	}
	if endless != 1 {
		return nil, fieldError("Indices", endless, "exactly one endless index")
	}
	return order, nil
}

// addReason adds that a heap has no number in the next index, and gives that reason's number.
func (p *Plan) addReason(name string) int {
	number := len(p.reasons)
	if name == "" {
		name = fmt.Sprintf("index %d", number-1)
	}
	for slices.Contains(p.reasons, name) {
		name += fmt.Sprintf(" (index %d)", number-1)
	}
	p.reasons = append(p.reasons, name)
	return number
}

func (p *Plan) compileIndex(field string, x *Index) (index, error) {
	t, err := p.compileValue(field, &x.Value)
	if err != nil {
		return index{}, err
	}
	count := x.Count
	if count == 0 {
		count = len(x.Values)
	}
	if count < 1 || int64(count) > math.MaxInt32 {
		return index{}, fieldError(field+".Count", x.Count, "at least 1, or the length of Values")
	}
	if x.First > allBits || x.Step > allBits || x.Modulo > allBits {
		return index{}, fieldError(field+".First, Step, Modulo", max(x.First, x.Step, x.Modulo), "below 2^56")
	}
	c := index{taken: t, first: x.First, count: newDivisor(uint64(count)), stride: x.Stride}
	c.step = newDivisor(max(x.Step, 1))
	switch {
	case x.Modulo > 0 && x.Floor:
		return index{}, fieldError(field+".Floor", true, "false, with Modulo")
	case x.Modulo > 0:
		c.kind, c.modulo = kindRound, newDivisor(x.Modulo)
	case x.Floor:
		c.kind = kindFloor
	case x.Step > 1:
		c.kind = kindSteps
	}
	if len(x.Values) == 0 {
		return c, nil
	}
	return c, c.list(field, x)
}

// list makes an index look values up.
func (c *index) list(field string, x *Index) error {
	switch {
	case x.Endless || x.Floor || x.First != 0 || x.Modulo != 0 || x.Step != 0:
		return fieldError(field+".Values", len(x.Values), "none, with Endless, First, Modulo, Step or Floor")
	case len(x.Values) > valuesMax || len(x.Values) > int(c.count.by):
		return fieldError(field+".Values", len(x.Values), fmt.Sprintf("at most Count and %d values", valuesMax))
	}
	lowest, highest := slices.Min(x.Values), slices.Max(x.Values)
	if highest > allBits {
		return fieldError(field+".Values", highest, "below 2^56")
	}
	if c.first = lowest; highest-lowest < tableMax {
		c.kind, c.table = kindTable, make([]int32, highest-lowest+1)
	} else {
		c.kind, c.lookup = kindLookup, make(map[uint64]int32, len(x.Values))
	}
	for i, v := range x.Values {
		if slices.Contains(x.Values[:i], v) {
			return fieldError(fmt.Sprintf("%s.Values[%d]", field, i), v, "each value once")
		}
		if c.table != nil {
			c.table[v-lowest] = int32(i + 1)
		} else {
			c.lookup[v-lowest] = int32(i + 1)
		}
	}
	return nil
}

// layOut gives each index its weight and its stride, and finds the chunk's size. order is that of the
// description.
func (p *Plan) layOut(order []*index) error {
	const most = math.MaxInt / 2
	heaps, stride := uint64(1), p.heapBytes
	p.chunkBytes = p.heapBytes
	for i, x := range slices.Backward(order) {
		count := int64(x.count.by)
		if x.stride < 0 {
			return fieldError(fmt.Sprintf("Indices[%d].Stride", i), x.stride, "at least 1 byte, or 0 for a packed array")
		}
		if x.stride == 0 {
			x.stride = stride
		}
		x.weight = heaps
		if x.stride > most/count || heaps > uint64(most/count)/uint64(p.perHeap) {
			return fieldError("Indices", count, "chunks that fit into memory")
		}
		heaps *= uint64(count)
		stride = x.stride * count
		if p.chunkBytes += x.stride * (count - 1); p.chunkBytes > most {
			return fieldError("Indices", count, "chunks that fit into memory")
		}
	}
	p.places = int(heaps) * p.perHeap
	return p.checkOverlap(order)
}

// checkOverlap sees to it that no two heaps share a byte: each stride has to be as long as all that
// shorter strides reach.
func (p *Plan) checkOverlap(order []*index) error {
	byStride := slices.SortedStableFunc(slices.Values(order), func(x, y *index) int { return cmp.Compare(x.stride, y.stride) })
	reach := p.heapBytes
	for _, x := range byStride {
		if x.count.by == 1 {
			continue
		}
		if x.stride < reach {
			return fieldError("Indices.Stride", x.stride, fmt.Sprintf("at least %d bytes, so that heaps don't overlap", reach))
		}
		reach += x.stride * int64(x.count.by-1)
	}
	return nil
}

func (p *Plan) compileSides(sides []Side) error {
	for i := range sides {
		field := fmt.Sprintf("Side[%d]", i)
		t, err := p.compileValue(field, &sides[i].Value)
		if err != nil {
			return err
		}
		size := sides[i].Bytes
		if size == 0 {
			size = 8
		}
		if size < 1 || size > 8 {
			return fieldError(field+".Bytes", size, "1 to 8, or 0 for 8")
		}
		p.sides = append(p.sides, side{t, p.recordBytes, size})
		p.recordBytes += size
	}
	if p.recordBytes > recordMax {
		return fieldError("Side", p.recordBytes, fmt.Sprintf("at most %d bytes a heap", recordMax))
	}
	if p.places/p.perHeap > math.MaxInt/2/max(p.recordBytes, 1) {
		return fieldError("Side", p.recordBytes, "chunks that fit into memory")
	}
	return nil
}
