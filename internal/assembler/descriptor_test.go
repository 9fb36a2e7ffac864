// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// part is a packet within a DESCRIPTOR item.
type part struct {
	cnt            spead.HeapCnt
	length, offset int64
	pointers       []wire.Pointer
	payload        string
	bits           int
}

func (p part) bytes(tb testing.TB) []byte {
	s := sketch{cnt: p.cnt, length: p.length, offset: p.offset, payload: len(p.payload), pointers: p.pointers, bits: p.bits}
	b := s.encode(tb)
	copy(b[len(b)-len(p.payload):], p.payload)
	return b
}

func immediate(id spead.ItemID, value uint64) wire.Pointer {
	return wire.ImmediatePointer(48, id, value)
}
func address(id spead.ItemID, at uint64) wire.Pointer { return wire.AddressPointer(48, id, at) }

// described gives the descriptors in a heap with these DESCRIPTOR items.
func described(tb testing.TB, bug spead.BugCompat, items ...[]byte) []spead.RawDescriptor {
	tb.Helper()
	return slices.Collect(heapOf(tb, bug, items...).Descriptors())
}

func heapOf(tb testing.TB, bug spead.BugCompat, items ...[]byte) *Heap {
	tb.Helper()
	var pointers []wire.Pointer
	var payload []byte
	for _, item := range items {
		pointers = append(pointers, address(spead.DescriptorID, uint64(len(payload))))
		payload = append(payload, item...)
	}
	b := part{length: int64(len(payload)), pointers: pointers, payload: string(payload)}.bytes(tb)
	var p wire.Packet
	if _, refusal := p.Decode(b); refusal != spead.Accepted {
		tb.Fatal(refusal)
	}
	a := New(Config{BugCompat: bug}, &testPlacer{tb: tb})
	a.Add(&p)
	h := a.Next()
	if h == nil || !h.Complete() {
		tb.Fatal("the heap isn't complete")
	}
	return h
}

// descriptorTest says which descriptors are in a heap whose DESCRIPTOR items have these packets.
type descriptorTest struct {
	name  string
	items [][]part
	want  []spead.RawDescriptor
}

func (d descriptorTest) run(t *testing.T) {
	var items [][]byte
	for _, parts := range d.items {
		var item []byte
		for _, p := range parts {
			item = append(item, p.bytes(t)...)
		}
		items = append(items, item)
	}
	if diff := cmp.Diff(d.want, described(t, 0, items...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func named(id spead.ItemID, name string) spead.RawDescriptor {
	return spead.RawDescriptor{ID: id, Name: []byte(name)}
}

// simple is a packet that is a descriptor by itself.
func simple(id uint64, name string) part {
	return part{cnt: 1, length: int64(len(name)), payload: name,
		pointers: []wire.Pointer{immediate(spead.DescriptorIDID, id), address(spead.DescriptorNameID, 0)}}
}

func TestTheHeapsInDescriptorItemsAreDescriptors(t *testing.T) {
	id := immediate(spead.DescriptorIDID, 7)
	name := address(spead.DescriptorNameID, 0)
	stop := simple(8, "stop")
	stop.pointers = append(stop.pointers, immediate(spead.StreamCtrlID, 2))
	partialStop := part{cnt: 3, length: wire.Unsized, pointers: []wire.Pointer{immediate(spead.StreamCtrlID, 2), id, name}, payload: "u"}
	for _, test := range []descriptorTest{
		{"one in each item", [][]part{{simple(1, "a")}, {simple(2, "b")}}, []spead.RawDescriptor{named(1, "a"), named(2, "b")}},
		{"two in one item", [][]part{{simple(1, "a"), simple(2, "b")}}, []spead.RawDescriptor{named(1, "a"), named(2, "b")}},
		{"two packets, the second with its id", [][]part{{
			{cnt: 1, length: 6, pointers: []wire.Pointer{name}, payload: "two "},
			{cnt: 1, length: 6, offset: 4, pointers: []wire.Pointer{id}, payload: "pa"},
		}}, []spead.RawDescriptor{named(7, "two pa")}},
		{"three packets, the first empty", [][]part{{
			{cnt: 1, length: 9, pointers: []wire.Pointer{name}},
			{cnt: 1, length: 9, pointers: []wire.Pointer{id}, payload: "one"},
			{cnt: 1, length: 9, offset: 3, payload: "twotee"},
		}}, []spead.RawDescriptor{named(7, "onetwotee")}},
		{"without heap length", [][]part{{{cnt: 1, length: wire.Unsized, pointers: []wire.Pointer{id, name}, payload: "u"}}},
			[]spead.RawDescriptor{named(7, "u")}},
		{"a packet is missing", [][]part{{{cnt: 1, length: 6, pointers: []wire.Pointer{id, name}, payload: "part"}}, {simple(2, "b")}},
			[]spead.RawDescriptor{named(2, "b")}},
		{"the rest comes in the next item", [][]part{
			{{cnt: 1, length: 6, pointers: []wire.Pointer{id, name}, payload: "part"}},
			{{cnt: 1, length: 6, offset: 4, payload: "ly"}},
		}, nil},
		{"another evicts an unsized one, which is complete", [][]part{{
			{cnt: 1, length: wire.Unsized, pointers: []wire.Pointer{id, name}, payload: "u"}, simple(2, "b"),
		}}, []spead.RawDescriptor{named(7, "u"), named(2, "b")}},
		{"a stop item hides its own and what follows", [][]part{{simple(1, "a"), stop, simple(2, "b")}, {simple(3, "c")}},
			[]spead.RawDescriptor{named(1, "a")}},
		{"a stop item in an unsized heap doesn't hide its own", [][]part{{simple(1, "a"), partialStop, simple(2, "b")}, {simple(3, "c")}},
			[]spead.RawDescriptor{named(1, "a"), named(7, "u")}},
		{"another flavour", [][]part{{{cnt: 1, length: 5, bits: 40, payload: "u\x00\x00\x08n", pointers: []wire.Pointer{
			wire.ImmediatePointer(40, spead.DescriptorIDID, 9), wire.AddressPointer(40, spead.DescriptorFormatID, 0),
			wire.AddressPointer(40, spead.DescriptorNameID, 4),
		}}}}, []spead.RawDescriptor{{ID: 9, Name: []byte("n"), Format: spead.Format{{Code: 'u', Bits: 8}}}}},
	} {
		t.Run(test.name, test.run)
	}
}

func TestTheFieldsOfDescriptors(t *testing.T) {
	id := immediate(spead.DescriptorIDID, 7)
	name := address(spead.DescriptorNameID, 0)
	for _, test := range []descriptorTest{
		{"no id", [][]part{{{cnt: 1, length: 1, pointers: []wire.Pointer{name}, payload: "n"}}}, nil},
		{"id 0", [][]part{{simple(0, "zero")}}, nil},
		{"an addressed id", [][]part{{{cnt: 1, length: 1, pointers: []wire.Pointer{address(spead.DescriptorIDID, 0)}, payload: "n"}}}, nil},
		{"an immediate name", [][]part{{{cnt: 1, length: 0, pointers: []wire.Pointer{id, immediate(spead.DescriptorNameID, 0x6162)}}, simple(2, "b")}},
			[]spead.RawDescriptor{named(7, "\x00\x00\x00\x00ab"), named(2, "b")}},
		{"unknown items, and a description twice", [][]part{{{cnt: 1, length: 3, payload: "xyz", pointers: []wire.Pointer{
			id, address(0x1600, 0), address(spead.DescriptorDescriptionID, 1), address(spead.DescriptorDescriptionID, 2),
		}}}}, []spead.RawDescriptor{{ID: 7, Description: []byte("z")}}},
		{"format and shape in parts", [][]part{{{cnt: 1, length: 30, payload: "u\x00\x08i\x00\x10?" +
			"\x00\x00\x00\x00\x00\x00\x05\x01\x00\x00\x00\x00\x00\x09\x02\x00\x00\x00\x00\x00\x03??", pointers: []wire.Pointer{
			id, address(spead.DescriptorFormatID, 0), address(spead.DescriptorFormatID, 3),
			address(spead.DescriptorShapeID, 7), address(spead.DescriptorShapeID, 14),
		}}}}, []spead.RawDescriptor{{
			ID: 7, Format: spead.Format{{Code: 'u', Bits: 8}, {Code: 'i', Bits: 16}}, Shape: spead.Shape{5, spead.Variable, 3},
		}}},
		{"a numpy header replaces format and shape", [][]part{{{cnt: 1, length: 12, payload: "u\x00\x08\x00\x00\x00\x00\x00\x00\x05{}", pointers: []wire.Pointer{
			id, address(spead.DescriptorFormatID, 0), address(spead.DescriptorShapeID, 3), address(spead.DescriptorDTypeID, 10),
		}}}}, []spead.RawDescriptor{{ID: 7, NumpyHeader: []byte("{}")}}},
	} {
		t.Run(test.name, test.run)
	}
}

func TestDescriptorsAsTheyAreSent(t *testing.T) {
	want := []spead.RawDescriptor{
		{ID: 0x1600, Name: []byte("plain"), Description: []byte("text"), Format: spead.Format{{Code: 'u', Bits: 12}},
			Shape: spead.Shape{2, spead.Variable}},
		{ID: 0x1601, Name: []byte("other"), Format: spead.Format{{Code: 'c', Bits: 8}}, Shape: spead.Shape{3}},
	}
	for bug := range spead.BugPySPEAD + 1 {
		f, err := spead.NewFlavour(48, bug)
		if err != nil {
			t.Fatal(err)
		}
		var items [][]byte
		for _, d := range want {
			b, err := wire.AppendDescriptor(nil, f, &d)
			if err != nil {
				t.Fatal(err)
			}
			items = append(items, b)
		}
		// Junk follows: in the same item it ends it, in the next it is one.
		items[1] = append(items[1], "junk that is no packet"...)
		items = append(items, []byte("more of it"))
		got := described(t, bug, items...)
		for i := range got {
			if len(got[i].Description) == 0 {
				got[i].Description = nil
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("bug compatibility %d (-want +got):\n%s", bug, diff)
		}
	}
}

func TestDescriptorsCanBeReadInPart(t *testing.T) {
	one := part{cnt: 1, length: 1, payload: "n", pointers: []wire.Pointer{immediate(spead.DescriptorIDID, 7)}}.bytes(t)
	h := heapOf(t, 0, slices.Concat(one, one), one)
	for n := range 4 {
		got := 0
		for range h.Descriptors() {
			if got++; got == n {
				break
			}
		}
		if want := n; n > 0 && got != want {
			t.Errorf("%d descriptors, want %d", got, want)
		}
	}
}

func TestAHugeClaimInADescriptorCostsNothing(t *testing.T) {
	item := part{cnt: 1, length: 1<<47 - 1, pointers: []wire.Pointer{immediate(spead.DescriptorIDID, 7)}, payload: "small"}.bytes(t)
	item = append(item, part{cnt: 1, length: 1<<47 - 1, offset: 5, payload: "more"}.bytes(t)...)
	if got := described(t, 0, item); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestEveryPrefixOfADescriptorIsRefused(t *testing.T) {
	for addressBits := 8; addressBits <= 56; addressBits += 8 {
		for bug := range spead.BugPySPEAD + 1 {
			f, err := spead.NewFlavour(addressBits, bug)
			if err != nil {
				t.Fatal(err)
			}
			d := spead.RawDescriptor{
				ID: 0x7f, Name: []byte("name"), Description: []byte("what it is"), Shape: []int64{3, spead.Variable},
				Format: []spead.Field{{Code: 'u', Bits: 12}, {Code: 'i', Bits: 4}},
			}
			whole, err := wire.AppendDescriptor(nil, f, &d)
			if err != nil {
				t.Fatal(err)
			}
			if got := described(t, bug, whole); len(got) != 1 || got[0].ID != d.ID {
				t.Fatalf("%v: %+v", f, got)
			}
			for n := range whole {
				if got := described(t, bug, append([]byte(nil), whole[:n]...)); len(got) != 0 {
					t.Fatalf("%v: cut to %d of %d bytes: %+v", f, n, len(whole), got)
				}
				// Behind a whole one, a cut one takes nothing away.
				if got := described(t, bug, append(slices.Clone(whole), whole[:n]...)); len(got) != 1 {
					t.Fatalf("%v: a second one cut to %d of %d bytes: %+v", f, n, len(whole), got)
				}
			}
		}
	}
}
