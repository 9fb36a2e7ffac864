// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

// BenchmarkUDP sends heaps over the loopback interface and compares every byte that arrives. What is
// in flight stays below the receive buffer, so that nothing may be lost.
func BenchmarkUDP(b *testing.B) {
	for _, packet := range []int{1472, 9000} {
		for _, size := range []int{8 << 10, 64 << 10, 1 << 20, 4 << 20} {
			b.Run(fmt.Sprintf("packet=%d/heap=%d", packet, size), func(b *testing.B) {
				benchmarkUDP(b, packet, size)
			})
		}
	}
}

func benchmarkUDP(b *testing.B, packetSize, heapSize int) {
	const batchBytes = 512 << 10
	heaps := max(1, batchBytes/heapSize)
	out, in := udpPair(b, "127.0.0.1:0", send.UDPConfig{Config: send.Config{MaxPacketSize: packetSize, MaxHeaps: 2 * heaps}},
		recv.Config{QueueHeaps: 2 * heaps})
	want := filled(heapSize, 3)
	h := send.NewHeap(spead.Flavour{})
	h.AddItem(0x1000, want)
	batches := [2]send.Batch{}
	for i := range batches {
		for range heaps {
			batches[i].Heaps = append(batches[i].Heaps, send.Ref{Heap: h})
		}
	}
	b.SetBytes(int64(heapSize * heaps))
	b.ReportAllocs()
	sent := 0
	for b.Loop() {
		if err := out.SendBatch(b.Context(), &batches[sent%2]); err != nil {
			b.Fatal(err)
		}
		if sent > 0 {
			takeHeaps(b, in, heaps, want)
		}
		sent++
		if err := batches[sent%2].Wait(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	takeHeaps(b, in, heaps, want)
}

func takeHeaps(b *testing.B, in *recv.Stream, n int, want []byte) {
	for range n {
		h, err := in.Next(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if !bytes.Equal(h.Payload(), want) {
			b.Fatalf("heap %d arrived changed", h.Cnt())
		}
		h.Release()
	}
}
