// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gospead/spead"
	"github.com/gospead/spead/inproc"
	"github.com/gospead/spead/internal/pattern"
	"github.com/gospead/spead/send"
)

// memoryItem is the first item of heaps in memory.
const memoryItem spead.ItemID = 0x1000

// packetBlock is the packets of some heaps, made once.
type packetBlock struct {
	// data is what all heaps hold, one after the other, heapBytes of it each.
	data      []byte
	heapBytes int64
	itemBytes []int
	// heaps are the packets by heap, packets is the number of all.
	heaps   [][][]byte
	packets int
}

// layPackets makes a block of heaps of a size.
func layPackets(o *Memory, size int64) (*packetBlock, error) {
	if size < int64(o.Items) {
		return nil, &spead.FieldError{Field: "heap length", Value: size, Allowed: fmt.Sprintf("at least a byte for each of %d items", o.Items)}
	}
	heaps := min(max(o.Block/size, 1), o.Heaps(size))
	b := &packetBlock{data: make([]byte, heaps*size), heapBytes: size}
	pattern.Fill(b.data, 0)
	for i := range o.Items {
		b.itemBytes = append(b.itemBytes, int(size/int64(o.Items)))
		if int64(i) < size%int64(o.Items) {
			b.itemBytes[i]++
		}
	}
	queue, err := inproc.New(inproc.Config{Packets: inproc.Unbounded, Bytes: inproc.Unbounded})
	if err != nil {
		return nil, err
	}
	stream, err := send.NewInproc(send.Config{MaxPacketSize: o.PacketSize}, queue)
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
		packets, err := queue.Take(nil, math.MaxInt)
		if err != nil {
			return nil, err
		}
		for _, p := range packets {
			if !hasHeapCnt(p, spead.HeapCnt(i+1)) {
				return nil, fmt.Errorf("a packet of heap %d doesn't begin with its heap cnt", i+1)
			}
		}
		b.heaps = append(b.heaps, packets)
		b.packets += len(packets)
	}
	return b, nil
}

func (b *packetBlock) addItems(h *send.Heap, data []byte) {
	for i, n := range b.itemBytes {
		h.AddItem(memoryItem+spead.ItemID(i), data[:n])
		data = data[n:]
	}
}

// A packet begins with its header; the first item pointer holds the heap cnt in 5 bytes.
const (
	cntPointer = 8
	cntAt      = cntPointer + 3
)

// hasHeapCnt says whether a packet has its heap cnt where setHeapCnt writes it.
func hasHeapCnt(packet []byte, cnt spead.HeapCnt) bool {
	const immediate = 1 << 63
	return len(packet) >= cntPointer+8 &&
		binary.BigEndian.Uint64(packet[cntPointer:]) == immediate|uint64(spead.HeapCntID)<<40|uint64(cnt)
}

func setHeapCnt(packet []byte, cnt spead.HeapCnt) {
	packet[cntAt] = byte(cnt >> 32)
	binary.BigEndian.PutUint32(packet[cntAt+1:], uint32(cnt))
}
