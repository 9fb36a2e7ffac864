// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/gospead/spead"
)

// rangesMax is how many ranges of bytes are listed of each part; all are counted.
const rangesMax = 16

const absent = "absent"

// comparer compares heaps.
type comparer struct {
	items [2][]spead.RawItem // kept from heap to heap
}

// compare says what differs between two heaps, and of what kind that is; "" if nothing does.
func (c *comparer) compare(a, b *heap) (Kind, []Part) {
	var parts []Part
	if fa, fb := a.Flavour(), b.Flavour(); fa != fb {
		parts = append(parts, Part{What: "flavour", A: fa.String(), B: fb.String()})
	}
	if a.Length() != b.Length() {
		parts = append(parts, Part{What: "heap length", A: fmt.Sprint(a.Length()), B: fmt.Sprint(b.Length())})
	}
	c.items[0] = slices.AppendSeq(c.items[0][:0], a.Items())
	c.items[1] = slices.AppendSeq(c.items[1][:0], b.Items())
	if a.Complete() && b.Complete() {
		if parts = append(parts, c.compareItems()...); len(parts) == 0 {
			parts = comparePayload(a, b)
		}
		return kindOf(Differs, parts), parts
	}
	kind := Differs
	missingA, missingB := missing(a), missing(b)
	if !slices.Equal(missingA, missingB) {
		if kind = IncompleteInB; !a.Complete() {
			kind = IncompleteInA
		}
		parts = append(parts, missingPart("missing in A", missingA), missingPart("missing in B", missingB))
		parts = slices.DeleteFunc(parts, func(p Part) bool { return p.What == "" })
	}
	parts = append(parts, comparePayload(a, b)...)
	return kindOf(kind, parts), parts
}

func kindOf(kind Kind, parts []Part) Kind {
	if len(parts) == 0 {
		return ""
	}
	return kind
}

// compareItems compares the items of two heaps by their ids.
func (c *comparer) compareItems() (parts []Part) {
	if slices.EqualFunc(c.items[0], c.items[1], sameItem) {
		return nil
	}
	var byID [2]map[spead.ItemID][]spead.RawItem
	ids := map[spead.ItemID]bool{}
	for side, items := range c.items {
		byID[side] = map[spead.ItemID][]spead.RawItem{}
		for _, item := range items {
			byID[side][item.ID] = append(byID[side][item.ID], item)
			ids[item.ID] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		a, b := byID[0][id], byID[1][id]
		for i := range max(len(a), len(b)) {
			what := fmt.Sprintf("item %#x", uint64(id))
			if max(len(a), len(b)) > 1 {
				what += fmt.Sprintf(" (%d)", i)
			}
			switch {
			case i >= len(b):
				parts = append(parts, Part{What: what, A: describe(a[i]), B: absent})
			case i >= len(a):
				parts = append(parts, Part{What: what, A: absent, B: describe(b[i])})
			case !sameItem(a[i], b[i]):
				parts = append(parts, itemPart(what, a[i], b[i]))
			}
		}
	}
	return parts
}

func sameItem(a, b spead.RawItem) bool {
	return a.ID == b.ID && a.Immediate == b.Immediate && bytes.Equal(a.Value, b.Value)
}

// describe says what an item's value is, in short.
func describe(item spead.RawItem) string {
	if item.Immediate {
		return fmt.Sprintf("%#x", item.Number)
	}
	return fmt.Sprintf("%d bytes", len(item.Value))
}

func itemPart(what string, a, b spead.RawItem) Part {
	p := Part{What: what, A: describe(a), B: describe(b)}
	if a.Immediate || b.Immediate {
		return p
	}
	if len(a.Value) == len(b.Value) {
		p.A, p.B = "", ""
	}
	n := min(len(a.Value), len(b.Value))
	p.addDiffering(a.Value[:n], b.Value[:n], 0)
	return p
}

// addDiffering adds the ranges in which two pieces of the same length, that begin at an offset, differ.
func (p *Part) addDiffering(a, b []byte, offset int64) {
	for at := 0; at < len(a); {
		start := at + firstDifference(a[at:], b[at:])
		end := start
		for end < len(a) && a[end] != b[end] {
			end++
		}
		if start < end {
			p.addRange(offset+int64(start), offset+int64(end))
		}
		at = max(end, start)
	}
}

// firstDifference says how many bytes two pieces of the same length have in common at their beginning.
func firstDifference(a, b []byte) (n int) {
	const stride = 4096
	for len(a)-n >= stride && bytes.Equal(a[n:n+stride], b[n:n+stride]) {
		n += stride
	}
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}

func (p *Part) addRange(start, end int64) {
	p.Bytes += end - start
	if len(p.Ranges) < rangesMax {
		p.Ranges = append(p.Ranges, [2]int64{start, end})
	}
}

// comparePayload compares what both heaps have received, whatever items it belongs to.
func comparePayload(a, b *heap) []Part {
	contentsA, contentsB := a.Contents(), b.Contents()
	if a.Complete() && b.Complete() && bytes.Equal(contentsA, contentsB) {
		return nil
	}
	p := Part{What: "payload"}
	rangesB := ranges(b)
	for startA, endA := range a.Ranges() {
		for _, r := range rangesB {
			if start, end := max(startA, r[0]), min(endA, r[1]); start < end {
				p.addDiffering(contentsA[start:end], contentsB[start:end], start)
			}
		}
	}
	if p.Bytes == 0 {
		return nil
	}
	return []Part{p}
}

func ranges(h *heap) (list [][2]int64) {
	for start, end := range h.Ranges() {
		list = append(list, [2]int64{start, end})
	}
	return list
}

func missing(h *heap) (list [][2]int64) {
	for start, end := range h.Missing() {
		list = append(list, [2]int64{start, end})
	}
	return list
}

// missingPart lists what is missing; it is empty if nothing is.
func missingPart(what string, missing [][2]int64) (p Part) {
	if len(missing) == 0 {
		return p
	}
	p.What = what
	for _, r := range missing {
		p.addRange(r[0], r[1])
	}
	return p
}
