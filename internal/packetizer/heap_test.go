// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"errors"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

func TestHeapsThatCannotBeSentAreRefused(t *testing.T) {
	big := someBytes(1 << 16)
	for _, test := range []struct {
		name  string
		bits  int
		cnt   spead.HeapCnt
		size  int
		items []Item
		field string // empty: it can be sent
	}{
		{"smallest packet size", 48, 1, 56, nil, ""},
		{"too small a packet size", 48, 1, 55, nil, "packet size"},
		{"no packet size", 48, 1, 0, nil, "packet size"},
		{"negative packet size", 48, 1, -1472, nil, "packet size"},
		{"largest cnt", 48, 1<<48 - 1, 1472, nil, ""},
		{"cnt beyond the flavour", 48, 1 << 48, 1472, nil, "heap cnt"},
		{"largest id", 48, 1, 1472, []Item{{ID: 0x7fff}}, ""},
		{"id beyond the flavour", 48, 1, 1472, []Item{{ID: 0x8000}}, "item id"},
		{"automatic id in 64-56", 56, 1, 1472, []Item{{ID: spead.FirstAutoID}}, "item id"},
		{"id of HEAP_CNT", 48, 1, 1472, []Item{{ID: 1, Kind: Inline}}, "item id"},
		{"id of PAYLOAD_LENGTH", 48, 1, 1472, []Item{{ID: 4, Value: big[:1]}}, "item id"},
		{"NULL item", 48, 1, 1472, []Item{{ID: 0, Value: big[:1]}}, ""},
		{"largest immediate", 48, 1, 1472, []Item{{ID: 5, Kind: Inline, Number: 1<<48 - 1}}, ""},
		{"immediate beyond the flavour", 48, 1, 1472, []Item{{ID: 5, Kind: Inline, Number: 1 << 48}}, "immediate of item 0x5"},
		{"unknown kind", 48, 1, 1472, []Item{{ID: 5, Kind: 3}}, "kind of item 0x5"},
		{"longest heap of 64-8", 8, 1, 1472, []Item{{ID: 5, Value: big[:255]}}, ""},
		{"heap too long for 64-8", 8, 1, 1472, []Item{{ID: 5, Value: big[:200]}, {ID: 6, Value: big[:56]}}, "heap length"},
		{"padding too long for 64-8", 8, 1, 56, make([]Item, 32), "heap length"},
		{"heap too long for 64-16", 16, 1, 1472, []Item{{ID: 5, Value: big}}, "heap length"},
		{"most items in a packet", 40, 1, 1 << 20, make([]Item, 65530), ""},
		{"too many items for a packet", 40, 1, 1 << 20, make([]Item, 65531), "number of items"},
		{"as many items in several packets", 40, 1, 1 << 16, make([]Item, 65531), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := &Heap{Flavour: flavour(t, test.bits), Items: test.items}
			err := h.check(test.cnt, Cut{MaxPacketSize: test.size})
			var field *spead.FieldError
			if test.field == "" && err != nil || test.field != "" && (!errors.As(err, &field) || field.Field != test.field) {
				t.Errorf("%v, want a refusal of %q", err, test.field)
			}
			if test.field == "" {
				reassemble(t, h, test.cnt, test.size)
			}
		})
	}
}

func TestRepeatedPointersHaveToFitIntoOnePacket(t *testing.T) {
	for items := range 12 {
		h := &Heap{RepeatPointers: true, Items: make([]Item, items)}
		// Packets of 120 bytes take 9 pointers, of which spead2 reserves one.
		if err := h.check(1, Cut{MaxPacketSize: 120}); (err == nil) != (items < 9) {
			t.Errorf("%d items: %v", items, err)
		}
	}
}

func TestCursorThatCouldNotStartIsAtItsEnd(t *testing.T) {
	var c Cursor
	if err := c.start(&Heap{Items: []Item{{ID: 0x1000}}}, 1, Cut{MaxPacketSize: 1472}); err != nil || !c.More() || c.plan.PayloadLength() != 1 {
		t.Fatalf("%v, %+v", err, c)
	}
	if err := c.start(&Heap{}, 1, Cut{MaxPacketSize: 8}); err == nil || c.More() {
		t.Errorf("%v, %+v", err, c)
	}
	if c.Next(&wire.Datagram{}) || new(Cursor).More() {
		t.Error("there is a packet")
	}
}
