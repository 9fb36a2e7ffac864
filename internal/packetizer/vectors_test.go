// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// disturbed matches the vectors of which some heaps did not come from spead2's sender as they stand:
// their packets were made by hand, or changed, lost, repeated or put into another order. Of the
// chunk vectors, one did.
var disturbed = regexp.MustCompile(`^(bad|chunk|duplicate|evict|length|lost|ooo|partial|unsized)_|^evict$|` +
	`^(ctrl_values|empty_heap|file_padding|file_snaplen|flavour_64_8_raw|flavour_switch|immediate_odd|null_items|` +
	`packet_unequal|pointer_order|repeat_pointers|single_packet_bypass|stop_midheap)$`)

func TestHeapsOfTheVectorsArePacketizedAsSpead2Did(t *testing.T) {
	total, whole := 0, 0
	for name, packets := range vectorPackets(t) {
		covered, left := 0, 0
		for _, heap := range heapsOf(packets) {
			h, size, reason := heap.asSent()
			if reason != "" {
				left++
				if (name == "chunk_sender" || !disturbed.MatchString(name)) && !vectorsReplaced() {
					t.Errorf("%s: heap %d is not taken as sent: %s", name, heap[0].Cnt, reason)
				}
				continue
			}
			covered++
			for i, b := range packetize(t, h, heap[0].Cnt, size) {
				if i >= len(heap) || !bytes.Equal(b, heap[i].bytes) {
					t.Errorf("%s: heap %d: packet %d of %d differs:\n% x", name, heap[0].Cnt, i, len(heap), b)
				}
			}
		}
		total += covered
		if left == 0 {
			whole++
		}
	}
	t.Logf("%d heaps, all of those of %d vectors", total, whole)
	if (total < 500 || whole < 70) && !vectorsReplaced() {
		t.Errorf("only %d heaps were covered, and all of those of only %d vectors", total, whole)
	}
}

// vectorPacket is a packet of a vector.
type vectorPacket struct {
	wire.Packet
	bytes []byte
}

// vectorHeap is what a vector has of a heap, in the order of arrival.
type vectorHeap []vectorPacket

// heapsOf sorts packets by heap. A packet with offset 0 begins another heap of the same cnt.
func heapsOf(packets [][]byte) (heaps []vectorHeap) {
	type key struct {
		bits int
		cnt  spead.HeapCnt
	}
	latest := make(map[key]int)
	for _, b := range packets {
		p := vectorPacket{bytes: b}
		if _, refusal := p.Decode(b); refusal != spead.Accepted {
			continue
		}
		k := key{p.AddressBits, p.Cnt}
		i, known := latest[k]
		if !known || p.PayloadOffset == 0 {
			i = len(heaps)
			heaps, latest[k] = append(heaps, nil), i
		}
		heaps[i] = append(heaps[i], p)
	}
	return heaps
}

// asSent gives the heap that a sender was given so that these packets resulted, and the largest
// packet size, or the reason why they can't be all that a sender made of a heap:
//
//   - each packet is a whole datagram, has reserved bits of 0 and the four special pointers in order
//     before the others, and payload;
//   - the payloads follow each other from 0 to HEAP_LENGTH;
//   - all packets but the last have the same size, a multiple of 8, and the last is no larger;
//   - a packet without room for more pointers, which has 8 bytes of payload, comes before any with
//     further pointers, unless all have the same ones;
//   - addresses don't decrease, and begin with 0;
//   - NULL comes last, followed by zeros, in heaps of at most 8 bytes a packet.
func (heap vectorHeap) asSent() (h *Heap, size int, reason string) {
	f, err := spead.NewFlavour(heap[0].AddressBits, 0)
	if err != nil {
		return nil, 0, err.Error()
	}
	payload, reason := heap.payload(f)
	if reason != "" {
		return nil, 0, reason
	}
	pointers, repeated, ok := heap.pointers()
	if !ok {
		return nil, 0, "pointers are spread otherwise"
	}
	if n := len(pointers); n > 0 && pointers[n-1].ID(heap[0].AddressBits) == spead.NullID && !pointers[n-1].Immediate() {
		length := pointers[n-1].Value(heap[0].AddressBits)
		if len(payload) > 8*len(heap) || length >= uint64(len(payload)) || len(bytes.Trim(payload[length:], "\x00")) > 0 {
			return nil, 0, "padding has another form"
		}
		pointers, payload = pointers[:n-1], payload[:length]
	}
	h = &Heap{Flavour: f, RepeatPointers: repeated}
	if h.Items, ok = itemsOf(f, pointers, payload); !ok {
		return nil, 0, "addresses are in another order"
	}
	if size = len(heap[0].bytes); len(heap) == 1 {
		size = 65504 // its packet may have had room for more
	}
	return h, size, ""
}

// payload gives the heap's payload, if each packet and their sequence is as a sender makes them.
func (heap vectorHeap) payload(f spead.Flavour) (payload []byte, reason string) {
	for i, p := range heap {
		prefix := wire.AppendSpecials(wire.AppendHeader(nil, f, wire.SpecialCount+p.PointerCount()), f,
			wire.Specials{Cnt: p.Cnt, HeapLength: heap[0].HeapLength, PayloadOffset: int64(len(payload)), PayloadLength: int64(len(p.Payload))})
		end := len(prefix) + p.PointerCount()*wire.PointerSize + len(p.Payload)
		if !bytes.HasPrefix(p.bytes, prefix) || end != len(p.bytes) || len(p.Payload) == 0 {
			return nil, "a packet has another form"
		}
		if i < len(heap)-1 && (end%8 != 0 || end != len(heap[0].bytes)) || end > len(heap[0].bytes) {
			return nil, "packets have unequal sizes"
		}
		payload = append(payload, p.Payload...)
	}
	if int64(len(payload)) != heap[0].HeapLength {
		return nil, "payload is missing"
	}
	return payload, ""
}

// pointers gives the pointers of the heap in order.
func (heap vectorHeap) pointers() (pointers []wire.Pointer, repeated, ok bool) {
	first := len(heap[0].bytes) - len(heap[0].Payload)
	repeated = len(heap) > 1 && heap[0].PointerCount() > 0
	for _, p := range heap {
		n := len(p.bytes) - len(p.Payload)
		repeated = repeated && bytes.Equal(p.bytes[wire.PrefixSize:n], heap[0].bytes[wire.PrefixSize:first])
	}
	for i, p := range heap {
		if i > 0 && repeated {
			break
		}
		if i > 0 && p.PointerCount() > 0 && len(heap[i-1].Payload) != 8 {
			return nil, false, false
		}
		for k := range p.PointerCount() {
			pointers = append(pointers, p.Pointer(k))
		}
	}
	return pointers, repeated, true
}

// itemsOf gives the items that have these pointers and this payload.
func itemsOf(f spead.Flavour, pointers []wire.Pointer, payload []byte) (items []Item, ok bool) {
	bits := f.HeapAddressBits()
	end := uint64(len(payload))
	for _, p := range slices.Backward(pointers) {
		it := Item{ID: p.ID(bits), Kind: MaybeImmediate}
		if it.ID <= spead.PayloadLengthID {
			return nil, false
		}
		if p.Immediate() {
			it.Value = binary.BigEndian.AppendUint64(nil, uint64(p))[8-f.HeapAddressBytes():]
		} else {
			if p.Value(bits) > end {
				return nil, false
			}
			it.Kind, it.Value, end = Addressed, payload[p.Value(bits):end], p.Value(bits)
		}
		items = append(items, it)
	}
	slices.Reverse(items)
	return items, end == 0
}
