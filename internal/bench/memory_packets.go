// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"fmt"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pattern"
	"github.com/gospead/spead/send"
)

// memoryItem is the first item of heaps in memory.
const memoryItem spead.ItemID = 0x1000

// packetBlock is the packets of some heaps, made once. They lie one after the other, as spead2_bench mem
// has them: in memory of their own each, and with new heap cnts for each time around, they would be
// received at hardly more than half of the rate.
type packetBlock struct {
	// data is what all heaps hold, one after the other, heapBytes of it each.
	data      []byte
	heapBytes int64
	itemBytes []int
	// packets holds all packets, ends where each heap's end.
	packets []byte
	ends    []int
}

// layPackets makes a block of heaps of a size, with heap cnts from 1.
func layPackets(o *Memory, size int64) (*packetBlock, error) {
	if size < int64(o.Items) {
		return nil, &spead.FieldError{Field: "heap length", Value: size, Allowed: fmt.Sprintf("at least a byte for each of %d items", o.Items)}
	}
	const header = 64 // about what a packet has
	heaps := min(max(o.Block/(size+header), 1), o.Heaps(size))
	b := &packetBlock{data: make([]byte, heaps*size), heapBytes: size}
	pattern.Fill(b.data, 0)
	for i := range o.Items {
		b.itemBytes = append(b.itemBytes, int(size/int64(o.Items)))
		if int64(i) < size%int64(o.Items) {
			b.itemBytes[i]++
		}
	}
	var packets bytes.Buffer
	stream, err := send.NewWriter(send.Config{MaxPacketSize: o.PacketSize}, &packets)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	for i := range heaps {
		h := send.NewHeap(spead.Flavour{})
		b.addItems(h, b.data[i*size:][:size])
		if _, err := stream.Send(context.Background(), h); err != nil {
			return nil, err
		}
		if b.ends = append(b.ends, packets.Len()); i == 0 {
			packets.Grow(packets.Len() * int(heaps-1))
		}
	}
	b.packets = packets.Bytes()
	return b, nil
}

// first gives the packets of the first heaps.
func (b *packetBlock) first(heaps int64) []byte { return b.packets[:b.ends[heaps-1]] }

func (b *packetBlock) addItems(h *send.Heap, data []byte) {
	for i, n := range b.itemBytes {
		h.AddItem(memoryItem+spead.ItemID(i), data[:n])
		data = data[n:]
	}
}
