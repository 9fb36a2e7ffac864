// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"context"
	"fmt"
	"testing"
)

// BenchmarkMemory receives a stream of heaps that lies in memory, in packets of 9000 bytes: what
// spead2_bench mem does, with 256 MiB instead of 1 GiB.
func BenchmarkMemory(b *testing.B) {
	const total = 256 << 20
	for _, size := range []int{8 << 10, 64 << 10, 4 << 20} {
		memory := bytes.Repeat(packetsOf(b, 9000, heapOf(size, 1)), total/size)
		for _, mode := range []string{"OnHeap", "Next"} {
			b.Run(fmt.Sprintf("%s/heap=%d", mode, size), func(b *testing.B) {
				b.SetBytes(int64(len(memory)))
				for b.Loop() {
					if n := receiveMemory(b, memory, size, mode == "OnHeap"); n != total/size {
						b.Fatalf("%d heaps came", n)
					}
				}
			})
		}
	}
}

// receiveMemory counts the heaps of a stream in memory.
func receiveMemory(b *testing.B, memory []byte, size int, onHeap bool) (n int) {
	take := func(h *Heap) {
		if h.Received() == int64(size) {
			n++
		}
		h.Release()
	}
	cfg := Config{Reserve: []Reserve{{HeapBytes: int64(size), Heaps: 4}}}
	if onHeap {
		cfg.OnHeap = take
	}
	b.StopTimer()
	s, err := NewStream(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.StartTimer()
	if err := s.AddMemory(memory); err != nil {
		b.Fatal(err)
	}
	if err := s.Start(); err != nil {
		b.Fatal(err)
	}
	for {
		h, err := s.Next(context.Background())
		if err != nil {
			break
		}
		take(h)
	}
	b.StopTimer()
	s.Close()
	b.StartTimer()
	return n
}
