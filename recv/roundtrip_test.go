// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/simnet"
	"github.com/gospead/spead/internal/wire"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

// dtypes are what items with a numpy header are made of here; %s is a byte order.
var dtypes = []string{
	"'|b1'", "'|i1'", "'|u1'", "'%si2'", "'%su4'", "'%si8'", "'%su8'", "'%sf2'", "'%sf4'", "'%sf8'",
	"'%sc8'", "'%sc16'", "'|S5'", "'%sU3'", "'|V6'", "'%sM8[us]'", "'%sm8[s]'",
	"[('a', '%su2'), ('b', '>f4', (2, 3)), ('c', [('d', '|S2'), ('e', '<i8')])]",
}

// randomDescriptor gives a legal descriptor whose items are small.
func randomDescriptor(t *testing.T, r *rand.Rand, id spead.ItemID) spead.Descriptor {
	t.Helper()
	d := spead.Descriptor{ID: id, Name: fmt.Sprintf("i%d", id), Description: "random"[:r.IntN(7)]}
	for range r.IntN(3) {
		d.Shape = append(d.Shape, r.Int64N(4))
	}
	if r.IntN(2) == 0 {
		text := dtypes[r.IntN(len(dtypes))]
		order := []any{"<", ">"}[r.IntN(2)]
		if bytes.Contains([]byte(text), []byte("%s")) {
			text = fmt.Sprintf(text, order)
		}
		dtype, err := spead.ParseDType(text)
		if err != nil {
			t.Fatal(err)
		}
		d.DType, d.FortranOrder = dtype, r.IntN(3) == 0
		return d
	}
	if len(d.Shape) > 0 && r.IntN(2) == 0 {
		d.Shape[r.IntN(len(d.Shape))] = spead.Variable
	}
	for range 1 + r.IntN(3) {
		code := []byte("uifbc")[r.IntN(5)]
		bits := map[byte]int64{'f': 32 << r.IntN(2), 'c': 8}[code]
		if bits == 0 {
			bits = []int64{8, 16, 32, 64, 1 + r.Int64N(80)}[r.IntN(5)]
		}
		d.Format = append(d.Format, spead.Field{Code: code, Bits: bits})
	}
	return d
}

// setRandom gives an item a random value of its type: ASCII, so that it is legal whatever the type.
func setRandom(t *testing.T, r *rand.Rand, it *spead.Item) {
	t.Helper()
	elements := it.Shape.Resolve(0).Elements()
	if it.Shape.IsVariable() {
		known := int64(1)
		for _, n := range it.Shape {
			if n != spead.Variable {
				known *= n
			}
		}
		elements = known * r.Int64N(5)
	}
	value := make([]byte, (elements*it.ItemSizeBits()+7)/8)
	for i := range value {
		value[i] = byte(32 + r.IntN(95))
	}
	if it.DType != nil && it.DType.Kind() == spead.KindUnicode {
		makeUCS4(value, it.DType.BigEndian())
	}
	if err := it.SetBytes(value); err != nil {
		t.Fatalf("set %v %v to %d bytes: %v", it.Format, it.Shape, len(value), err)
	}
}

// makeUCS4 leaves the low byte of each four, so that they are a character.
func makeUCS4(value []byte, bigEndian bool) {
	low := 0
	if bigEndian {
		low = 3
	}
	for i := range value {
		if i%4 != low {
			value[i] = 0
		}
	}
}

// TestAnyItemRoundTrips sends random items of every kind in every flavour and in packets of any size,
// through networks that keep the order and that don't, and expects them to arrive equal.
func TestAnyItemRoundTrips(t *testing.T) {
	const rounds = 400
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			flavour, err := spead.NewFlavour(8*(1+r.IntN(7)), bugs(simnet.Network{Seed: seed}))
			if err != nil {
				t.Fatal(err)
			}
			var group spead.ItemGroup
			var heaps []*send.Heap
			generator := send.Generator{Group: &group, Flavour: flavour}
			for id := range 1 + r.IntN(4) {
				it, err := group.Add(randomDescriptor(t, r, spead.ItemID(0x20+id)))
				if err != nil {
					t.Fatal(err)
				}
				setRandom(t, r, it)
				h, err := generator.Heap(send.Stale, send.None)
				if tooWide := (*spead.FieldError)(nil); errors.As(err, &tooWide) {
					return // the flavour can't describe this item
				}
				heaps = append(heaps, h)
			}
			values, err := generator.Heap(send.None, send.All)
			if err != nil {
				t.Fatal(err)
			}
			heaps = append(heaps, values)
			packets, ok := sendToMemory(t, 56+r.IntN(9000-55), heaps)
			if ok {
				net := simnet.Network{Seed: seed, Reach: r.IntN(2) * 1000}
				expectItems(t, net, net.Carry(packets), &group)
			}
		})
	}
}

// bugs gives each network another bug compatibility.
func bugs(net simnet.Network) spead.BugCompat {
	return spead.BugCompat(net.Seed) & spead.BugPySPEAD
}

// sendToMemory gives the packets of heaps; false if the flavour has no room for one of them.
func sendToMemory(t *testing.T, maxPacketSize int, heaps []*send.Heap) ([][]byte, bool) {
	t.Helper()
	var memory bytes.Buffer
	s, err := send.NewWriter(send.Config{MaxPacketSize: maxPacketSize}, &memory)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, h := range heaps {
		_, err := s.Send(t.Context(), h)
		if tooLong := (*spead.FieldError)(nil); errors.As(err, &tooLong) {
			return nil, false
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var packets [][]byte
	var p wire.Packet
	for b := memory.Bytes(); len(b) > 0; b = b[len(packets[len(packets)-1]):] {
		size, refusal := p.Decode(b)
		if size == 0 {
			t.Fatalf("packet %d is refused: %v", len(packets), refusal)
		}
		packets = append(packets, b[:size])
	}
	return packets, true
}

// packetList is a source of packets.
type packetList struct {
	packets [][]byte
}

func (p *packetList) ReadBatch(b *recv.Batch) error {
	for _, packet := range p.packets {
		b.Add(packet)
	}
	return io.EOF
}

func (p *packetList) Close() error { return nil }

// expectItems receives packets as a network delivered them, and compares the items with those sent.
func expectItems(t *testing.T, net simnet.Network, packets [][]byte, sent *spead.ItemGroup) {
	t.Helper()
	s, err := recv.NewStream(recv.Config{AllowOutOfOrder: net.Reach > 0, BugCompat: bugs(net), MaxHeaps: 16})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := errors.Join(s.AddSource(&packetList{packets}), s.Start()); err != nil {
		t.Fatal(err)
	}
	var group spead.ItemGroup
	var heaps []*recv.Heap
	for h := range s.Heaps(t.Context()) {
		heaps = append(heaps, h)
	}
	if st := s.Stats(); st.Refused.Total() != 0 || st.HeapsDiscarded.Total() != 0 {
		t.Fatalf("statistics: %+v", st)
	}
	// Descriptors come first in cnt, whatever the order of arrival.
	for pass := range 2 {
		for _, h := range heaps {
			if isLast := int(h.Cnt()) == len(heaps); isLast == (pass == 1) {
				if _, err := group.Update(h); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for want := range sent.Items() {
		got, ok := group.ByID(want.ID)
		if !ok {
			t.Errorf("item %v was not described", want.ID)
			continue
		}
		expectItem(t, got, want)
	}
}

func expectItem(t *testing.T, got, want *spead.Item) {
	t.Helper()
	if !got.Descriptor.Equal(&want.Descriptor) {
		t.Errorf("descriptor %+v arrived as %+v", want.Descriptor, got.Descriptor)
	}
	gotValue, gotErr := got.Value()
	wantValue, wantErr := want.Value()
	// Printed, a NaN equals a NaN.
	gotText, wantText := fmt.Sprintf("%v %v", got.ValueShape(), gotValue), fmt.Sprintf("%v %v", want.ValueShape(), wantValue)
	if gotErr != nil || wantErr != nil || gotText != wantText {
		t.Errorf("%v %v %v: value %s (%v) arrived as %s (%v)", want.Format, want.DType, want.Shape, wantText, wantErr, gotText, gotErr)
	}
}
