// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/gospead/spead/send"
)

// BenchmarkTCP receives heaps over the loopback interface and compares every byte that arrives.
func BenchmarkTCP(b *testing.B) {
	for _, packet := range []int{9000, 65504} {
		for _, size := range []int{64 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("packet=%d/heap=%d", packet, size), func(b *testing.B) {
				benchmarkTCP(b, packet, size)
			})
		}
	}
}

func benchmarkTCP(b *testing.B, packetSize, heapSize int) {
	s := newTCPStream(b, Config{}, TCPConfig{})
	conn := dial(b, s)
	const batch = 8
	heaps := make([]*send.Heap, batch)
	for i := range heaps {
		heaps[i] = heapOf(heapSize, 5)
	}
	packets := packetsOf(b, packetSize, heaps...)
	want := pattern(heapSize, 5)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := conn.Write(packets); err != nil {
				return
			}
		}
	}()
	b.SetBytes(int64(heapSize))
	b.ReportAllocs()
	for b.Loop() {
		h := nextHeap(b, s)
		if !bytes.Equal(h.Payload(), want) {
			b.Fatalf("heap %d arrived changed", h.Cnt())
		}
		h.Release()
	}
	s.Close()
	<-done
}
