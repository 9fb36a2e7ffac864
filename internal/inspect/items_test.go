// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"slices"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/send"
)

// described gives the packets of heaps as a sender with descriptors makes them, the first with an item that
// nobody describes.
func described(t *testing.T, heaps int) [][]byte {
	t.Helper()
	f, err := spead.NewFlavour(48, 0)
	if err != nil {
		t.Fatal(err)
	}
	group := &spead.ItemGroup{}
	add := func(d spead.Descriptor) *spead.Item {
		it, err := group.Add(d)
		if err != nil {
			t.Fatal(err)
		}
		return it
	}
	clock := add(spead.Descriptor{ID: 0x1600, Name: "timestamp", Description: "samples since the start", Format: spead.Format{{Code: 'u', Bits: 48}}})
	power := add(spead.Descriptor{ID: 0x2000, Name: "power", Shape: spead.Shape{4, 5}, Format: spead.Format{{Code: 'f', Bits: 32}}})
	text := add(spead.Descriptor{ID: 0x3000, Name: "label", Shape: spead.Shape{spead.Variable}, Format: spead.Format{{Code: 'c', Bits: 8}}})
	add(spead.Descriptor{ID: 0x4000, Name: "unused", Description: "\x1b[31m", Format: spead.Format{{Code: 'i', Bits: 32}}})
	gen := &send.Generator{Group: group, Flavour: f}
	var list []*send.Heap
	for i := range heaps {
		values := make([]float32, 20)
		for j := range values {
			values[j] = float32(i) + float32(j)/4
		}
		for _, err := range []error{
			clock.SetValue(uint64(1000 + 4096*i)), spead.SetValues(power, values), text.SetText("pointing"),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		h, err := gen.Heap(send.Stale, send.All)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			h.AddItem(0x5000, []byte{1, 2, 3})
		}
		list = append(list, h)
	}
	var packets [][]byte
	for _, h := range list { // their values are the items', which change
		packets = append(packets, packetsOf(t, send.Config{}, h)...)
	}
	return packets
}

func TestItemsAreShownAsDescribed(t *testing.T) {
	// All at once would have the values of the last heap.
	s := only(t, inspected(t, described(t, 1)))
	type shown struct{ name, description, form, value string }
	want := []shown{
		{"timestamp", "samples since the start", "u48, immediate", "1000"},
		{"power", "", "f32 (4, 5), 80 bytes", "[0, 0.25, 0.5, 0.75, 1, 1.25, …]"},
		{"label", "", "c8 (None,), 8 bytes", `"pointing"`},
		{"unused", "\x1b[31m", "i32, no value", ""},
		{"", "", "3 bytes", "010203"},
	}
	var got []shown
	for i := range s.Items {
		it := &s.Items[i]
		got = append(got, shown{it.Name, it.Description, it.form(), it.Value})
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nexpected %q", got, want)
	}
	if names := s.Items[3].nameText(); names != "unused (?[31m)" {
		t.Errorf("%q", names)
	}
	if names := s.Items[4].nameText(); names != "no descriptor" {
		t.Errorf("%q", names)
	}
}

func TestDescriptorsThatCantBeUnderstoodAreTold(t *testing.T) {
	l := newItems(4, newInspector(t, Config{}).seed)
	it := l.find(0x1000)
	it.describe(spead.RawDescriptor{ID: 0x1000, Name: []byte("bad"), NumpyHeader: []byte("{'descr': 'no type'}")}, 0)
	r := it.report(0)
	if r.DescriptorError == "" || r.Described != 1 || r.Behaviour.Kind != Never {
		t.Errorf("%+v", r)
	}
	it.describe(spead.RawDescriptor{ID: 0x1000, Name: []byte(strings.Repeat("x", descriptorMost+1))}, 0)
	if r := it.report(0); !strings.Contains(r.DescriptorError, "isn't looked at") {
		t.Errorf("%+v", r)
	}
	for _, name := range []string{"one", "other"} {
		it.describe(spead.RawDescriptor{ID: 0x1000, Name: []byte(name), Format: spead.Format{{Code: 'u', Bits: 32}}}, 0)
	}
	if r := it.report(0); r.DescriptorError != "" || r.Name != "other" || r.Redescribed != 2 {
		t.Errorf("%+v", r)
	}
}

// TestValuesThatDontFitTheirDescriptorAreShownAsTheyCame has too few bytes, and a type of no size.
func TestValuesThatDontFitTheirDescriptorAreShownAsTheyCame(t *testing.T) {
	for _, c := range []struct {
		d     spead.Descriptor
		value []byte
		want  string
	}{
		{spead.Descriptor{Shape: spead.Shape{1 << 40, 1 << 20}, Format: spead.Format{{Code: 'u', Bits: 64}}}, []byte{1, 2}, "0102"},
		{spead.Descriptor{Format: spead.Format{{Code: 'u', Bits: 64}}}, []byte{1, 2}, "0102"},
		{spead.Descriptor{Shape: spead.Shape{0}, Format: spead.Format{{Code: 'u', Bits: 8}}}, nil, "[]"},
		{spead.Descriptor{Shape: spead.Shape{spead.Variable}, Format: spead.Format{{Code: 'u', Bits: 4}}}, []byte{0x12, 0x34}, "[1, 2, 3, 4]"},
		{spead.Descriptor{Shape: spead.Shape{1}, Format: spead.Format{{Code: 'c', Bits: 8}}}, []byte{0xff}, "ff"},
	} {
		it := &item{id: 1, heaps: 1, descriptor: &c.d, value: c.value, length: len(c.value)}
		if got := it.text(); got != c.want {
			t.Errorf("%v %v: %q, expected %q", c.d.Format, c.d.Shape, got, c.want)
		}
	}
}
