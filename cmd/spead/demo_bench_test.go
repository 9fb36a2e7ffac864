// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/send"
)

// BenchmarkDemo is the way of the demo's heaps, from the sender's memory over loopback back to it,
// verified.
func BenchmarkDemo(b *testing.B) {
	d, err := newDemoRun()
	if err != nil {
		b.Fatal(err)
	}
	defer d.close()
	consumed := make(chan struct{})
	go func() {
		defer close(consumed)
		d.consume()
	}()
	b.SetBytes(int64(d.heapBytes))
	b.ReportAllocs()
	h := send.NewHeap(spead.Flavour{})
	for b.Loop() {
		if !d.waitForRoom(b.Context()) {
			b.Fatal(b.Context().Err())
		}
		if err := d.sendNext(b.Context(), h); err != nil {
			b.Fatal(err)
		}
	}
	if err := d.stop(); err != nil {
		b.Fatal(err)
	}
	<-consumed
	r := d.result()
	if err := r.fault(); err != nil {
		b.Error(err)
	}
}
