// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// benchHeap is a heap as a correlator sends it: a timestamp, two numbers, and bytes.
func benchHeap(size int) *Heap {
	value := make([]byte, size)
	for i := range value {
		value[i] = byte(i * 7)
	}
	return &Heap{Items: []Item{
		{ID: 0x1600, Kind: MaybeImmediate, Value: []byte{1, 2, 3, 4, 5}},
		{ID: 0x4101, Kind: Inline, Number: 17},
		{ID: 0x4103, Kind: Inline, Number: 4},
		{ID: 0x4300, Value: value},
	}}
}

func BenchmarkCursor(b *testing.B) {
	for _, heapSize := range []int{8 << 10, 64 << 10, 1 << 20} {
		for _, packetSize := range []int{1472, 9000} {
			b.Run(fmt.Sprintf("heap=%d/packet=%d", heapSize, packetSize), func(b *testing.B) {
				benchmarkCursor(b, benchHeap(heapSize), packetSize)
			})
		}
	}
}

func benchmarkCursor(b *testing.B, h *Heap, packetSize int) {
	var c Cursor
	var d wire.Datagram
	value := h.Items[3].Value
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	packets := 0
	cnt := spead.HeapCnt(0)
	plan, err := h.Plan(Cut{MaxPacketSize: packetSize})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		cnt++
		c.Start(h, cnt, &plan)
		sent := 0
		for c.Next(&d) {
			// The pieces are the user's memory itself, so that it is enough to compare where they are.
			if len(d.Payload) != 1 || &d.Payload[0][0] != &value[sent] {
				b.Fatalf("payload from %d on is elsewhere", sent)
			}
			sent += len(d.Payload[0])
			packets++
		}
		if sent != len(value) {
			b.Fatalf("%d bytes of %d", sent, len(value))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
	if got := reassemble(b, h, cnt, packetSize); !bytes.Equal(got.payload, value) {
		b.Fatal("the payload on the wire is another")
	}
}
