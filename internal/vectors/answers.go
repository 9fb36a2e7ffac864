// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"encoding/hex"
	"maps"
	"math/big"

	"github.com/gospead/spead"
)

// answer is what is right for one heap.
type answer struct {
	// whole is the vector's entry, with what the rules change.
	whole object
	// failed says whether the update of the item group fails. items is what is right if it doesn't.
	failed verdict
	items  map[uint64]itemAnswer
}

// itemAnswer is what is right for one of a heap's items.
type itemAnswer struct {
	presence verdict
	itemValue
}

// groupAnswer is what is right for one item of the final group.
type groupAnswer struct {
	entry    object
	hasValue verdict
}

// answers gives what is right for each heap and for the final group. The rules are in doc.go.
func (v *Vector) answers() (heaps []answer, finalGroup []groupAnswer) {
	g := newGroup()
	for i := range v.heaps {
		h := &v.heaps[i]
		heaps = append(heaps, h.answer(g, v.pointers.empties(h.Cnt)))
	}
	for _, entry := range v.finalGroup {
		a := groupAnswer{entry, g.gained[identifier(entry)]}
		if entry["has_value"] == true {
			a.hasValue = yes
		}
		finalGroup = append(finalGroup, a)
	}
	return heaps, finalGroup
}

func (h *heapEntry) answer(g *group, empties func(id uint64) verdict) answer {
	a := answer{whole: h.whole, items: map[uint64]itemAnswer{}}
	if h.Error {
		a.failed = yes
	}
	h.correctControl(&a)
	described := g.add(h.Descriptors)
	for _, entry := range listOf(h.whole["items"]) {
		a.items[identifier(entry)] = itemAnswer{yes, itemValue{entry: g.rightShape(entry)}}
	}
	if h.Complete && described {
		h.decodeAgain(&a, g)
		h.addEmpties(&a, g, empties)
	}
	return a
}

// decodeAgain finds out whether the update failed at an item that needs no bytes, which it should
// have decoded. If so, the heap has all its items, unless a later one is bad indeed.
func (h *heapEntry) decodeAgain(a *answer, g *group) {
	if !h.Error {
		return
	}
	addressBytes := h.Flavour[2] / 8
	wronglyFailed, bad := false, no
	values := map[uint64]itemAnswer{}
	for _, raw := range h.RawItems {
		d := g.byID[raw.ID]
		if d == nil || raw.ID <= uint64(spead.StreamCtrlID) {
			continue
		}
		wronglyFailed = wronglyFailed || raw.Immediate && d.failsWithoutBytes(addressBytes)
		value := d.decodeItem(raw, addressBytes)
		if value.bad == yes && !wronglyFailed {
			return
		}
		bad = max(bad, value.bad)
		values[raw.ID] = itemAnswer{yes, value}
	}
	if !wronglyFailed {
		return
	}
	a.failed, a.items = bad, values
	for id := range values {
		g.gain(id, a.unlessFailed(yes))
	}
}

// failsWithoutBytes says whether spead2 fails on an immediate because it needs no bytes: it takes
// them all instead, which don't make an empty array. Reading bit by bit doesn't have this defect.
func (d *descriptor) failsWithoutBytes(addressBytes int) bool {
	shape, _ := d.resolve(int64(addressBytes))
	return isEmpty(shape) && !d.isBitPacked()
}

// addEmpties adds the addressed items of no bytes that spead2 leaves out.
func (h *heapEntry) addEmpties(a *answer, g *group, empties func(id uint64) verdict) {
	for id, d := range g.byID {
		presence := empties(id)
		shape, _ := d.resolve(0)
		if presence == no || id <= uint64(spead.StreamCtrlID) || !isEmpty(shape) {
			continue
		}
		g.gain(id, a.unlessFailed(presence))
		if _, has := a.items[id]; has && presence == maybe {
			continue
		}
		a.items[id] = itemAnswer{presence, d.decodeItem(rawItem{ID: id}, 0)}
	}
}

// unlessFailed gives what is known of an item's value after the update: v, or little if the update
// fails somewhere.
func (a *answer) unlessFailed(v verdict) verdict {
	if a.failed != no {
		return maybe
	}
	return v
}

// rightShape gives an item's entry with the dimensions that spead2 loses.
func (g *group) rightShape(entry object) object {
	d := g.byID[identifier(entry)]
	if d == nil || !d.isBitPacked() {
		return entry
	}
	shape, _ := d.resolve(0)
	if !isEmpty(shape) || len(listOfAny(entry["shape"])) == len(shape) {
		return entry
	}
	if value := listOfAny(entry["value"]); len(value) > 0 && shape[0] == 0 {
		return entry
	}
	entry = maps.Clone(entry)
	entry["shape"] = jsonInts(shape)
	return entry
}

// correctControl corrects `is_start` and `is_end` if spead2 read beyond its number for them.
func (h *heapEntry) correctControl(a *answer) {
	const most = 8
	overlong := false
	found := map[uint64]bool{}
	for _, raw := range h.RawItems {
		switch {
		case raw.ID != uint64(spead.StreamCtrlID):
		case raw.Immediate:
			found[raw.Value] = true
		case raw.Len > most:
			overlong = true
		case raw.Hex != nil:
			b, _ := hex.DecodeString(*raw.Hex)
			found[new(big.Int).SetBytes(b).Uint64()] = true
		}
	}
	if overlong {
		a.whole = maps.Clone(h.whole)
		a.whole["is_start"] = found[uint64(spead.CtrlStart)]
		a.whole["is_end"] = found[uint64(spead.CtrlStop)]
	}
}
