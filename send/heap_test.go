// SPDX-License-Identifier: Apache-2.0

package send

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/gospead/spead"
)

// bytesOf gives the packets of a heap with cnt 0x123456 in hexadecimal.
func bytesOf(t *testing.T, h *Heap, maxPacketSize int) []string {
	t.Helper()
	f := &fakeTransport{}
	s := newTestStream(t, Config{MaxPacketSize: maxPacketSize}, f)
	if _, err := s.SendRef(t.Context(), Ref{Heap: h, Cnt: ExactCnt(0x123456)}); err != nil {
		t.Fatal(err)
	}
	var packets []string
	for _, p := range f.packets {
		packets = append(packets, hex.EncodeToString(p))
	}
	return packets
}

func flavour48(t *testing.T) spead.Flavour {
	t.Helper()
	f, err := spead.NewFlavour(48, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestHeapsAreBytewiseThoseOfSpead2(t *testing.T) {
	const specials = "8001000000123456" + "8002000000000001" + "8003000000000000" + "8004000000000001"
	for _, tc := range []struct {
		name string
		fill func(h *Heap) error
		want string
	}{
		{"an empty heap", func(*Heap) error { return nil },
			"5304020600000005" + specials + "0000000000000000" + "00"},
		{"a start heap", func(h *Heap) error { h.AddStart(); return nil },
			"5304020600000006" + specials + "8006000000000000" + "0000000000000000" + "00"},
		{"a stop heap", func(h *Heap) error { h.AddStop(); return nil },
			"5304020600000006" + specials + "8006000000000002" + "0000000000000000" + "00"},
		{"a number in the pointer", func(h *Heap) error { return h.AddImmediate(0x1600, 12345) },
			"5304020600000006" + specials + "9600000000003039" + "0000000000000000" + "00"},
		{"two bytes that fit into the pointer", func(h *Heap) error { h.AddCompact(0x2345, []byte{0x76, 0x54}); return nil },
			"5304020600000006" + specials + "a345000000007654" + "0000000000000000" + "00"},
		{"one byte that does not go there", func(h *Heap) error { h.AddItem(0x5000, []byte{0xab}); return nil },
			"5304020600000005" + specials + "5000000000000000" + "ab"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := NewHeap(flavour48(t))
			if err := tc.fill(h); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(bytesOf(t, h, 1472), "|"); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestValuesAreReadWhenTheHeapIsSent(t *testing.T) {
	h := NewHeap(flavour48(t))
	counter, data := make([]byte, 8), []byte{1, 2, 3, 4, 5, 6, 7, 8}
	h.AddCompact(0x1600, counter[3:])
	h.AddItem(0x3300, data)
	if err := h.AddImmediate(0x1700, 1); err != nil {
		t.Fatal(err)
	}
	first := bytesOf(t, h, 1472)[0]
	counter[7], data[0] = 0xee, 0xff
	if err := h.SetImmediate(0x1700, 0xdd); err != nil {
		t.Fatal(err)
	}
	second := bytesOf(t, h, 1472)[0]
	want := strings.NewReplacer("9600000000000000", "96000000000000ee", "9700000000000001", "97000000000000dd",
		"0102030405060708", "ff02030405060708").Replace(first)
	if second != want || first == second {
		t.Errorf("after changes in place:\ngot  %s\nwant %s", second, want)
	}
}

func TestRepeatedPointersStandInEveryPacket(t *testing.T) {
	h := NewHeap(flavour48(t))
	h.AddItem(0x1000, make([]byte, 32))
	if err := h.AddImmediate(0x1001, 5); err != nil {
		t.Fatal(err)
	}
	h.SetRepeatPointers(true)
	packets := bytesOf(t, h, 72)
	if len(packets) != 2 {
		t.Fatalf("%d packets, want 2", len(packets))
	}
	for i, p := range packets {
		if !strings.HasPrefix(p, "5304020600000006") || !strings.Contains(p, "10000000000000009001000000000005") || len(p) != 2*72 {
			t.Errorf("packet %d: %s", i, p)
		}
	}
}

func TestImmediatesThatDoNotFitAreRefused(t *testing.T) {
	h := NewHeap(flavour48(t))
	var field *spead.FieldError
	if err := h.AddImmediate(0x1000, 1<<48); !errors.As(err, &field) {
		t.Errorf("a number of 49 bits gave %v", err)
	}
	if err := h.AddImmediate(0x1000, 1<<48-1); err != nil {
		t.Errorf("a number of 48 bits gave %v", err)
	}
	if err := h.SetImmediate(0x1000, 1<<48); !errors.As(err, &field) {
		t.Errorf("setting a number of 49 bits gave %v", err)
	}
	if err := h.SetImmediate(0x1001, 1); !errors.As(err, &field) {
		t.Errorf("setting an item that isn't there gave %v", err)
	}
	if h.Reset(); h.Len() != 0 {
		t.Errorf("after Reset there are %d items", h.Len())
	}
}

func TestDescriptorsAreEncodedAtOnce(t *testing.T) {
	h := NewHeap(flavour48(t))
	d := spead.Descriptor{ID: 0x1234, Name: "n", Format: spead.Format{{Code: 'u', Bits: 32}}}
	if err := h.AddDescriptor(d); err != nil {
		t.Fatal(err)
	}
	d.Name = "m"
	packet := bytesOf(t, h, 1472)[0]
	want := "5304020600000009" + "8001000000000001" + "8002000000000004" + "8003000000000000" + "8004000000000004" +
		"8014000000001234" + "0010000000000000" + "0011000000000001" + "0013000000000001" + "0012000000000004" +
		"6e" + "750020"
	if !strings.HasSuffix(packet, want) {
		t.Errorf("got %s\nwant it to end with %s", packet, want)
	}
	var field *spead.FieldError
	if err := h.AddDescriptor(spead.Descriptor{ID: 1}); !errors.As(err, &field) {
		t.Errorf("a descriptor without a type gave %v", err)
	}
}
