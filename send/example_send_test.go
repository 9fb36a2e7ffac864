// SPDX-License-Identifier: Apache-2.0

package send_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/gospead/spead"
	"github.com/gospead/spead/send"
)

// spectra stands for where a user's data come from.
func spectra(yield func([]float32) bool) {
	for i := range 3 {
		spectrum := make([]float32, 1024)
		spectrum[i] = 1
		if !yield(spectrum) {
			return
		}
	}
}

// sendSpectra sends heaps to a multicast group: an item group holds items with their descriptions, and
// a generator makes heaps of what has changed.
func sendSpectra(ctx context.Context) error {
	stream, err := send.NewUDP(send.UDPConfig{
		Endpoints: []netip.AddrPort{netip.MustParseAddrPort("239.1.2.3:7148")},
	})
	if err != nil {
		return err
	}
	defer stream.Close()

	group := &spead.ItemGroup{}
	power, err := group.Add(spead.Descriptor{
		Name: "power", Description: "power by channel",
		Shape: spead.Shape{1024}, Format: spead.Format{{Code: 'f', Bits: 32}},
	})
	if err != nil {
		return err
	}
	gen := &send.Generator{Group: group}
	for spectrum := range spectra {
		if err := spead.SetValues(power, spectrum); err != nil {
			return err
		}
		heap, err := gen.Heap(send.Stale, send.Stale) // descriptors and values that changed
		if err != nil {
			return err
		}
		if _, err := stream.Send(ctx, heap); err != nil {
			return err
		}
	}
	end := send.NewHeap(spead.Flavour{})
	end.AddStop() // receivers' streams end here
	_, err = stream.Send(ctx, end)
	return err
}

func ExampleNewUDP() {
	if err := sendSpectra(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// Packets go into memory, one after the other.
func ExampleNewWriter() {
	var memory bytes.Buffer
	stream, err := send.NewWriter(send.Config{MaxPacketSize: 1472}, &memory)
	if err != nil {
		log.Fatal(err)
	}
	heap := send.NewHeap(spead.Flavour{})
	heap.AddItem(0x1000, make([]byte, 4000))
	result, err := stream.Send(context.Background(), heap)
	if err != nil {
		log.Fatal(err)
	}
	if err := stream.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("heap %d: %d bytes in %d packets\n", result.Cnt, memory.Len(), stream.Stats().Packets)
	fmt.Printf("% x\n", memory.Bytes()[:16])
	// Output:
	// heap 1: 4128 bytes in 3 packets
	// 53 04 03 05 00 00 00 05 80 00 01 00 00 00 00 01
}

// While one batch is under way, the other is filled. Nothing is allocated but at first.
func ExampleBatch() {
	var memory bytes.Buffer
	stream, err := send.NewWriter(send.Config{}, &memory)
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	ctx := context.Background()

	var batches [2]send.Batch
	var data [2][8]byte
	for i := range data {
		heap := send.NewHeap(spead.Flavour{})
		heap.AddItem(0x1000, data[i][:]) // refers to data: what is there when it is sent
		batches[i].Heaps = []send.Ref{{Heap: heap}}
	}
	for i := range 10 {
		batch := &batches[i%2]
		if err := batch.Wait(ctx); err != nil { // returns at once the first time
			log.Fatal(err)
		}
		data[i%2][0] = byte(i)
		if err := stream.SendBatch(ctx, batch); err != nil {
			log.Fatal(err)
		}
	}
	if err := stream.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(stream.Stats().Heaps, "heaps")
	// Output:
	// 10 heaps
}
