// SPDX-License-Identifier: Apache-2.0

package send

import (
	"slices"
	"testing"

	"github.com/gospead/spead"
)

// ids gives the ids of a heap's items; a descriptor's is negative.
func ids(t *testing.T, g *Generator, descriptors, values Mode) []int {
	t.Helper()
	h, err := g.Heap(descriptors, values)
	if err != nil {
		t.Fatal(err)
	}
	var list []int
	for _, it := range h.contents.Items {
		if it.ID == spead.DescriptorID {
			list = append(list, -int(g.describes(t, it.Value)))
		} else {
			list = append(list, int(it.ID))
		}
	}
	return list
}

// describes finds the item whose descriptor has these bytes.
func (g *Generator) describes(t *testing.T, value []byte) spead.ItemID {
	t.Helper()
	for it := range g.Group.Items() {
		h := NewHeap(g.Flavour)
		if err := h.AddDescriptor(it.Descriptor); err != nil {
			t.Fatal(err)
		}
		if slices.Equal(h.contents.Items[0].Value, value) {
			return it.ID
		}
	}
	t.Fatal("a descriptor of none of the items")
	return 0
}

func addItem(t *testing.T, g *spead.ItemGroup, id spead.ItemID, bits int64) *spead.Item {
	t.Helper()
	it, err := g.Add(spead.Descriptor{ID: id, Name: id.String(), Format: spead.Format{{Code: 'u', Bits: bits}}})
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func set(t *testing.T, it *spead.Item, v uint64) {
	t.Helper()
	if err := spead.SetValues(it, []uint64{v}); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}

func TestGeneratorTakesWhatIsStale(t *testing.T) {
	var group spead.ItemGroup
	a, b := addItem(t, &group, 1001, 64), addItem(t, &group, 1002, 64)
	g := &Generator{Group: &group}
	set(t, a, 1)
	expect(t, "descriptors, and the only value", ids(t, g, Stale, Stale), -1001, 1001, -1002)
	expect(t, "nothing changed", ids(t, g, Stale, Stale))
	set(t, b, 2)
	expect(t, "a new value", ids(t, g, Stale, Stale), 1002)
	set(t, a, 3)
	expect(t, "everything", ids(t, g, All, All), -1001, 1001, -1002, 1002)
	expect(t, "what All took isn't stale", ids(t, g, Stale, Stale))
	set(t, a, 4)
	expect(t, "no values", ids(t, g, Stale, None))
	expect(t, "a value not taken stays stale", ids(t, g, None, Stale), 1001)

	a = addItem(t, &group, 1001, 32)
	expect(t, "an item replaced", ids(t, g, Stale, Stale), -1001)
	set(t, a, 5)
	expect(t, "its value", ids(t, g, Stale, Stale), 1001)
	other := &Generator{Group: &group}
	expect(t, "another generator", ids(t, other, Stale, None), -1002, -1001)
}

func TestGeneratorRepeatsDescriptors(t *testing.T) {
	var group spead.ItemGroup
	addItem(t, &group, 1001, 64)
	g := &Generator{Group: &group, Interval: 3}
	for call := range 8 {
		var want []int
		if call%3 == 0 {
			want = []int{-1001}
		}
		expect(t, "descriptors", ids(t, g, Stale, Stale), want...)
	}
}

func TestGeneratorRefusesOtherModes(t *testing.T) {
	g := &Generator{Group: &spead.ItemGroup{}}
	if _, err := g.Heap(3, Stale); err == nil {
		t.Error("a mode of 3 was taken for descriptors")
	}
	if _, err := g.Heap(Stale, 3); err == nil {
		t.Error("a mode of 3 was taken for values")
	}
}
