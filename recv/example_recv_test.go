// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
)

// receiveSpectra receives heaps from a multicast group until a stop item ends the stream, or ctx ends.
func receiveSpectra(ctx context.Context) error {
	stream, err := recv.NewStream(recv.Config{})
	if err != nil {
		return err
	}
	defer stream.Close()
	err = stream.AddUDP(recv.UDPConfig{Address: netip.MustParseAddrPort("239.1.2.3:7148")})
	if err != nil {
		return err
	}
	if err := stream.Start(); err != nil {
		return err
	}

	var group spead.ItemGroup
	for heap := range stream.Heaps(ctx) {
		changed, err := group.Update(heap) // copies values into the items
		heap.Release()
		if err != nil {
			log.Print(err)
			continue
		}
		for _, item := range changed {
			power, err := spead.Values[float32](item)
			if err != nil {
				return err
			}
			fmt.Println(item.Name, item.Version(), power[0])
		}
	}
	return stream.Err()
}

func ExampleStream_AddUDP() {
	if err := receiveSpectra(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// Every packet that isn't taken is counted by its reason.
func ExampleStats() {
	stream, err := recv.NewStream(recv.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	if err := stream.AddMemory([]byte("this is no packet")); err != nil {
		log.Fatal(err)
	}
	if err := stream.Start(); err != nil {
		log.Fatal(err)
	}
	for heap := range stream.Heaps(context.Background()) {
		heap.Release()
	}
	stats := stream.Stats()
	for reason, packets := range stats.Refused.All() {
		if packets > 0 {
			fmt.Printf("%d of %d packets: %v\n", packets, stats.PacketsSeen, reason)
		}
	}
	// Output:
	// 1 of 1 packets: bad_magic
}
