// SPDX-License-Identifier: Apache-2.0

package send_test

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/vectors"
	"github.com/gospead/spead/internal/wire"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

// byHand matches the vectors with items that no sender makes of their values: arrays with bytes to
// spare, immediates that a sender avoids, descriptors or headers written otherwise (also by numpy's
// own rule that padding, once read, has a name), and a receiver that was told the wrong bug
// compatibility.
var byHand = regexp.MustCompile(`^(compat_mismatch_on|compat_mismatch_off|desc_flags|desc_odd|format_variable|immediate_odd|` +
	`numpy_header_illegal|numpy_structured_padded|numpy_trailing_bytes|quirk_zero_size)$`)

// TestHeapsOfTheVectorsAreMadeOfTheirItems decodes the heaps of the vectors to items and values, makes
// heaps of these again, and expects spead2's bytes. It takes those heaps that can have been made by a
// sender: their raw items make the same packets.
func TestHeapsOfTheVectorsAreMadeOfTheirItems(t *testing.T) {
	all, err := vectors.Load(filepath.Join("..", "testdata", "vectors"))
	if err != nil {
		t.Fatal(err)
	}
	heaps := 0
	for _, v := range all {
		if v.Kind != vectors.Stream {
			continue
		}
		group := &spead.ItemGroup{}
		for _, packets := range heapsOf(t, v) {
			h := received(t, v, packets)
			if h == nil || !slices.EqualFunc(packets, sent(t, h, packets, rawHeap(h, packets)), bytes.Equal) {
				continue
			}
			if _, err := group.Update(h); err != nil {
				continue // not the values of any sender
			}
			again, ok := itemHeap(t, h, packets, group)
			if !ok {
				continue
			}
			heaps++
			if got := sent(t, h, packets, again); !slices.EqualFunc(packets, got, bytes.Equal) && !byHand.MatchString(v.Name) {
				t.Errorf("%s: heap %d:\ngot  % x\nwant % x", v.Name, h.Cnt(), got, packets)
			}
		}
	}
	if t.Logf("%d heaps", heaps); heaps < 250 {
		t.Errorf("only %d heaps were made", heaps)
	}
}

// heapsOf gives the packets of each heap of a vector, in the order of arrival. A packet with offset 0
// begins another heap of the same cnt.
func heapsOf(t *testing.T, v *vectors.Vector) (heaps [][][]byte) {
	t.Helper()
	reader, err := pcap.Open(v.Capture, pcap.Options{Filter: v.Options.Filter})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	latest := make(map[spead.HeapCnt]int)
	for {
		d, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return heaps
		}
		if err != nil {
			t.Fatal(err)
		}
		var p wire.Packet
		if _, refusal := p.Decode(d.Payload); refusal != spead.Accepted || d.Refusal != spead.Accepted {
			continue
		}
		i, known := latest[p.Cnt]
		if !known || p.PayloadOffset == 0 {
			i = len(heaps)
			heaps, latest[p.Cnt] = append(heaps, nil), i
		}
		heaps[i] = append(heaps[i], bytes.Clone(d.Payload))
	}
}

// packetList is a source of packets.
type packetList [][]byte

func (p packetList) ReadBatch(b *recv.Batch) error {
	b.Datagrams = append(b.Datagrams, p...)
	return io.EOF
}

func (p packetList) Close() error { return nil }

// received gives the heap of which these are the packets, nil if they don't make one.
func received(t *testing.T, v *vectors.Vector, packets [][]byte) *recv.Heap {
	t.Helper()
	s, err := recv.NewStream(recv.Config{KeepStop: true, BugCompat: spead.BugCompat(v.Options.BugCompat)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := errors.Join(s.AddSource(packetList(packets)), s.Start()); err != nil {
		t.Fatal(err)
	}
	h, err := s.Next(t.Context())
	if err != nil {
		return nil
	}
	return h
}

// pointersOf gives the item pointers of a heap in the order in which they were sent.
func pointersOf(packets [][]byte) (pointers []wire.Pointer, bits int) {
	var p wire.Packet
	for _, b := range packets {
		p.Decode(b)
		bits = p.AddressBits
		for i := range p.PointerCount() {
			if pointer := p.Pointer(i); !slices.Contains(pointers, pointer) {
				pointers = append(pointers, pointer)
			}
		}
	}
	return pointers, bits
}

// inOrder gives the items of a heap in the order in which they were sent.
func inOrder(h *recv.Heap, packets [][]byte) (items []spead.RawItem) {
	pointers, bits := pointersOf(packets)
	byID := make(map[spead.ItemID][]spead.RawItem)
	for it := range h.Items() {
		byID[it.ID] = append(byID[it.ID], it)
	}
	for _, p := range pointers {
		id := p.ID(bits)
		i := slices.IndexFunc(byID[id], func(it spead.RawItem) bool { return it.Immediate == p.Immediate() })
		if i < 0 {
			continue // NULL
		}
		items = append(items, byID[id][i])
		byID[id] = slices.Delete(byID[id], i, i+1)
	}
	return items
}

func rawHeap(h *recv.Heap, packets [][]byte) *send.Heap {
	raw := send.NewHeap(h.Flavour())
	for _, it := range inOrder(h, packets) {
		addRaw(raw, it)
	}
	raw.SetRepeatPointers(repeats(packets))
	return raw
}

func addRaw(h *send.Heap, it spead.RawItem) {
	if it.Immediate {
		h.AddCompact(it.ID, it.Value)
	} else {
		h.AddItem(it.ID, it.Value)
	}
}

// repeats says whether the second packet has pointers of the first.
func repeats(packets [][]byte) bool {
	if len(packets) < 2 {
		return false
	}
	first, _ := pointersOf(packets[:1])
	second, _ := pointersOf(packets[1:2])
	return len(first) > 0 && slices.Equal(first, second)
}

// itemHeap makes a heap of the items' descriptors and values; false if one has none.
func itemHeap(t *testing.T, h *recv.Heap, packets [][]byte, group *spead.ItemGroup) (*send.Heap, bool) {
	t.Helper()
	again := send.NewHeap(h.Flavour())
	var descriptors []spead.Descriptor
	for d, err := range h.Descriptors() {
		if err != nil {
			return nil, false
		}
		descriptors = append(descriptors, d)
	}
	for _, raw := range inOrder(h, packets) {
		described, ok := group.ByID(raw.ID)
		switch {
		case raw.ID == spead.DescriptorID && len(descriptors) > 0:
			if err := again.AddDescriptor(descriptors[0]); err != nil {
				t.Fatal(err)
			}
			descriptors = descriptors[1:]
		case !ok || raw.ID <= spead.StreamCtrlID:
			addRaw(again, raw)
		default:
			if err := again.Add(remade(t, described.Descriptor, raw)); err != nil {
				t.Fatal(err)
			}
		}
	}
	again.SetRepeatPointers(repeats(packets))
	return again, true
}

// remade gives an item that was set to the value of a raw item.
func remade(t *testing.T, d spead.Descriptor, raw spead.RawItem) *spead.Item {
	t.Helper()
	decoded, err := spead.NewItem(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := decoded.SetRaw(raw); err != nil {
		t.Fatal(err)
	}
	value, err := decoded.Value()
	if err != nil {
		t.Fatal(err)
	}
	it, err := spead.NewItem(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := it.SetValue(value); err != nil {
		return decoded
	}
	return it
}

// sent gives the packets of a heap, with the cnt and the packet size of those that were received.
func sent(t *testing.T, h *recv.Heap, packets [][]byte, again *send.Heap) [][]byte {
	t.Helper()
	size := len(packets[0])
	if len(packets) == 1 {
		size = 65504
	}
	var memory bytes.Buffer
	s, err := send.NewWriter(send.Config{MaxPacketSize: max(size, 56)}, &memory)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.SendRef(t.Context(), send.Ref{Heap: again, Cnt: send.ExactCnt(h.Cnt())}); err != nil {
		return nil
	}
	var made [][]byte
	var p wire.Packet
	for b := memory.Bytes(); len(b) > 0; b = b[len(made[len(made)-1]):] {
		n, _ := p.Decode(b)
		made = append(made, b[:n])
	}
	return made
}
