// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
)

// contents is a received heap.
type contents struct {
	descriptors []Descriptor
	err         error
	items       []RawItem
}

func (c contents) Descriptors() iter.Seq2[Descriptor, error] {
	return func(yield func(Descriptor, error) bool) {
		for _, d := range c.descriptors {
			if !yield(d, nil) {
				return
			}
		}
		if c.err != nil {
			yield(Descriptor{}, c.err)
		}
	}
}

func (c contents) Items() iter.Seq[RawItem] { return slices.Values(c.items) }

func describe8(id ItemID, name string, shape ...int64) Descriptor {
	return Descriptor{ID: id, Name: name, Shape: shape, Format: Format{{'u', 8}}}
}

func add(t *testing.T, g *ItemGroup, d Descriptor) *Item {
	t.Helper()
	it, err := g.Add(d)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// listing writes out the items of a group and checks that they are found.
func listing(t *testing.T, g *ItemGroup) string {
	t.Helper()
	var list []string
	for it := range g.Items() {
		byName, _ := g.Item(it.Name)
		byID, _ := g.ByID(it.ID)
		if byName != it || byID != it {
			t.Errorf("item %v is not found by name and id", it.ID)
		}
		list = append(list, fmt.Sprintf("%v:%s", it.ID, it.Name))
	}
	if len(list) != g.Len() {
		t.Errorf("%d items of %d", len(list), g.Len())
	}
	return strings.Join(list, " ")
}

func TestGroupsReplaceItemsAsSpead2Does(t *testing.T) {
	tests := []struct {
		name string
		add  []Descriptor
		want string
	}{
		{"automatic ids pass over those in use", []Descriptor{describe8(0x1000, "a"), describe8(0x1003, "b"),
			describe8(0, "c"), describe8(0, "d"), describe8(0, "e")}, "0x1000:a 0x1003:b 0x1001:c 0x1002:d 0x1004:e"},
		{"automatic ids take those that are free again", []Descriptor{describe8(0, "a"), describe8(0, "b"), describe8(0x2000, "a"),
			describe8(0, "c")}, "0x1001:b 0x2000:a 0x1000:c"},
		{"an id with another name", []Descriptor{describe8(0x1000, "a"), describe8(0x1000, "b")}, "0x1000:b"},
		{"a name with another id", []Descriptor{describe8(0x1000, "a"), describe8(0x1001, "b"), describe8(0x1002, "a")},
			"0x1001:b 0x1002:a"},
		{"an id and a name of two items", []Descriptor{describe8(0x1000, "a"), describe8(0x1001, "b"), describe8(0x1000, "b")},
			"0x1000:b"},
		{"the same again", []Descriptor{describe8(0x1000, "a"), describe8(0x1001, "b"), describe8(0x1000, "a")}, "0x1000:a 0x1001:b"},
		{"an empty name", []Descriptor{describe8(0x1000, ""), describe8(0x1001, "")}, "0x1001:"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var g ItemGroup
			for _, d := range test.add {
				add(t, &g, d)
			}
			if got := listing(t, &g); got != test.want {
				t.Errorf("group %s, want %s", got, test.want)
			}
		})
	}
}

func TestAnEqualDescriptorKeepsTheItem(t *testing.T) {
	var g ItemGroup
	it := add(t, &g, describe8(0x1000, "a", 2))
	if err := SetValues(it, []int{1, 2}); err != nil {
		t.Fatal(err)
	}
	if again := add(t, &g, describe8(0x1000, "a", 2)); again != it || !it.HasValue() || it.Version() != 2 {
		t.Errorf("version %d, value %v", it.Version(), it.HasValue())
	}
}

func TestAnotherDescriptorMakesANewItemOfHigherVersion(t *testing.T) {
	var g ItemGroup
	a, b := add(t, &g, describe8(0x1000, "a", 2)), add(t, &g, describe8(0x1001, "b", 2))
	for range 5 {
		b.Touch()
	}
	a.Touch()
	replaced := add(t, &g, describe8(0x1000, "a", 3))
	if replaced == a || replaced.HasValue() || replaced.Version() != 3 {
		t.Errorf("version %d, value %v", replaced.Version(), replaced.HasValue())
	}
	if both := add(t, &g, describe8(0x1000, "b")); both.Version() != 7 || g.Len() != 1 {
		t.Errorf("version %d of %d items", both.Version(), g.Len())
	}
}

func TestReservedIDsCannotBeAdded(t *testing.T) {
	var g ItemGroup
	_, err := g.Add(describe8(StreamCtrlID, "a"))
	expectFieldError(t, err, "Descriptor.ID")
	_, err = g.Add(Descriptor{Name: "a"})
	expectFieldError(t, err, "Descriptor.Format")
	if g.Len() != 0 {
		t.Errorf("%d items", g.Len())
	}
}

func TestUpdatesTakeDescriptorsFirstAndThenItems(t *testing.T) {
	var g ItemGroup
	heap := contents{
		descriptors: []Descriptor{describe8(0x1000, "a", 2), describe8(0x1001, "b", Variable), describe8(0x1002, "c", 2)},
		items: []RawItem{
			{ID: DescriptorID, Value: []byte{1}}, {ID: StreamCtrlID, Immediate: true, Value: []byte{0}},
			{ID: 0x1001, Value: []byte{1, 2, 3}}, {ID: 0x7001, Value: []byte{1}},
			{ID: 0x1000, Value: []byte{1, 2}}, {ID: 0x1000, Value: []byte{3, 4, 5}}, {ID: 0x1002},
		},
	}
	for round := range 2 {
		changed, err := g.Update(heap)
		if err != nil {
			t.Fatal(err)
		}
		if len(changed) != 2 || changed[0].Name != "b" || changed[1].Name != "a" {
			t.Errorf("changed %v", changed)
		}
		expectValues[uint8](t, changed[0], 1, 2, 3)
		expectValues[uint8](t, changed[1], 3, 4)
		if !slices.Equal(g.Undescribed(), []ItemID{0x7001}) {
			t.Errorf("undescribed %v", g.Undescribed())
		}
		if v := changed[1].Version(); v != uint64(3+2*round) {
			t.Errorf("version %d", v)
		}
		if c, _ := g.Item("c"); c.HasValue() {
			t.Error("an item pointer without bytes gave a value")
		}
	}
}

func TestEmptyValuesAreTakenWhereTheShapeHasThem(t *testing.T) {
	var g ItemGroup
	b, z := add(t, &g, describe8(0x1001, "b", Variable)), add(t, &g, describe8(0x1002, "z", 3, 0))
	changed, err := g.Update(contents{items: []RawItem{
		{ID: 0x1001}, {ID: 0x1002, Immediate: true, Value: []byte{1, 2, 3, 4, 5}},
	}})
	if err != nil || len(changed) != 2 || !b.HasValue() || b.ValueShape()[0] != 0 || z.ValueShape().String() != "(3, 0)" {
		t.Errorf("%v, %v, shapes %v %v", changed, err, b.ValueShape(), z.ValueShape())
	}
	if v, err := b.Value(); err != nil || len(v.([]any)) != 0 {
		t.Errorf("value %v, %v", v, err)
	}
}

func TestUpdatesStopAtTheFirstError(t *testing.T) {
	bad := errors.New("bad descriptor")
	var g ItemGroup
	changed, err := g.Update(contents{
		descriptors: []Descriptor{describe8(0x1000, "a", 2)}, err: bad, items: []RawItem{{ID: 0x1000, Value: []byte{1, 2}}},
	})
	if !errors.Is(err, bad) || len(changed) != 0 || listing(t, &g) != "0x1000:a" {
		t.Errorf("%v, %v, %s", changed, err, listing(t, &g))
	}
	if a, _ := g.Item("a"); a.HasValue() {
		t.Error("items of a heap with a bad descriptor were taken")
	}
	b := add(t, &g, describe8(0x1001, "b"))
	changed, err = g.Update(contents{items: []RawItem{
		{ID: 0x1000, Value: []byte{1, 2}}, {ID: 0x1000, Value: []byte{1}}, {ID: 0x1001, Value: []byte{1}},
	}})
	expectFieldError(t, err, `item "a"`)
	if len(changed) != 1 || changed[0].Name != "a" || b.HasValue() {
		t.Errorf("changed %v", changed)
	}
	_, err = g.Update(contents{descriptors: []Descriptor{{ID: 1, Name: "\x80", Format: Format{{'u', 8}}}}})
	expectFieldError(t, err, "ASCII")
}

func TestLeasedValuesAreTheHeaps(t *testing.T) {
	var g ItemGroup
	payload := []byte{1, 2}
	heap := contents{descriptors: []Descriptor{describe8(0x1000, "a", 2)}, items: []RawItem{{ID: 0x1000, Value: payload}}}
	a, err := g.UpdateLease(heap)
	if err != nil {
		t.Fatal(err)
	}
	payload[0] = 9
	expectValues[uint8](t, a[0], 9, 2)
	if a, err = g.Update(heap); err != nil {
		t.Fatal(err)
	}
	payload[0] = 1
	expectValues[uint8](t, a[0], 9, 2)
	heap.items = slices.Repeat(heap.items, 100)
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := g.UpdateLease(heap); err != nil {
			t.Fatal(err)
		}
	})
	// The two sequences of a heap take a few, its items none.
	if allocations > 10 {
		t.Errorf("%v allocations", allocations)
	}
}

func TestGroupsKeepToTheirLimits(t *testing.T) {
	g := ItemGroup{MaxItems: 2, MaxBytes: 3 * descriptorCharge}
	add(t, &g, describe8(0, "a", Variable))
	add(t, &g, describe8(0, "b", Variable))
	_, err := g.Add(describe8(0, "c"))
	expectFieldError(t, err, "MaxItems")
	add(t, &g, describe8(0x1000, "c", Variable))
	_, err = g.Update(contents{items: []RawItem{{ID: 0x1000, Value: make([]byte, descriptorCharge/2)}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Update(contents{items: []RawItem{{ID: 0x1001, Value: make([]byte, descriptorCharge)}}})
	expectFieldError(t, err, "MaxBytes")
	if _, err = g.UpdateLease(contents{items: []RawItem{{ID: 0x1001, Value: make([]byte, 9*descriptorCharge)}}}); err != nil {
		t.Error(err)
	}
	// What takes the place of an item also takes its share of the limits.
	for i := range 1000 {
		add(t, &g, describe8(0x1000, fmt.Sprint(i), Variable))
		if _, err = g.Update(contents{items: []RawItem{{ID: 0x1000, Value: make([]byte, descriptorCharge/2)}}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(g.items) > 20 || g.charge > g.MaxBytes || listing(t, &g) != "0x1001:b 0x1000:999" {
		t.Errorf("%d places, %d bytes, %s", len(g.items), g.charge, listing(t, &g))
	}
	_, err = g.Add(Descriptor{Name: strings.Repeat("n", 3*descriptorCharge), Format: Format{{'u', 8}}, ID: 0x1000})
	expectFieldError(t, err, "MaxBytes")
}
