// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/inproc"
	"github.com/gospead/spead/recv"
)

// BenchmarkInproc sends heaps of 1 MiB to a receiver in this process, four in flight, and sees that
// all of each arrives.
func BenchmarkInproc(b *testing.B) {
	for _, packet := range []int{1472, 9000, 65504} {
		b.Run(fmt.Sprintf("packet=%d", packet), func(b *testing.B) { benchmarkInproc(b, packet) })
	}
}

func benchmarkInproc(b *testing.B, packet int) {
	const heapBytes = 1 << 20
	q, err := inproc.New(inproc.Config{})
	if err != nil {
		b.Fatal(err)
	}
	r, err := recv.NewStream(recv.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	if err := errors.Join(r.AddInproc(q), r.Start()); err != nil {
		b.Fatal(err)
	}
	s, err := NewInproc(Config{MaxPacketSize: packet, MaxHeaps: 4}, q)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	received := make(chan int)
	go func() {
		n := 0
		for h := range r.Heaps(context.Background()) {
			if h.Complete() {
				n++
			}
			h.Release()
		}
		received <- n
	}()
	h := NewHeap(spead.Flavour{})
	h.AddItem(0x3300, make([]byte, heapBytes))
	batches := [4]Batch{}
	for i := range batches {
		batches[i].Heaps = []Ref{{Heap: h}}
	}
	b.SetBytes(heapBytes)
	b.ReportAllocs()
	sent := 0
	ctx := context.Background()
	for b.Loop() {
		batch := &batches[sent%len(batches)]
		if err := errors.Join(batch.Wait(ctx), s.SendBatch(ctx, batch)); err != nil {
			b.Fatal(err)
		}
		sent++
	}
	if err := s.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	q.Stop()
	if n := <-received; n != sent {
		b.Errorf("%d of %d heaps arrived", n, sent)
	}
}
