// SPDX-License-Identifier: Apache-2.0

package capture_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gospead/spead"
	"github.com/gospead/spead/capture"
	"github.com/gospead/spead/recv"
)

// A capture file is a source like any other. The stream ends at the file's end.
func ExampleOpen() {
	stream, err := recv.NewStream(recv.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	source, err := capture.Open("../testdata/vectors/file_filter.pcap", capture.Options{Filter: "udp dst port 8888"})
	if err != nil {
		log.Fatal(err)
	}
	if err := stream.AddSource(source); err != nil {
		log.Fatal(err)
	}
	if err := stream.Start(); err != nil {
		log.Fatal(err)
	}
	var group spead.ItemGroup
	for heap := range stream.Heaps(context.Background()) {
		changed, err := group.Update(heap)
		if err != nil {
			log.Fatal(err)
		}
		for _, item := range changed {
			fmt.Println("heap", heap.Cnt(), item.Name, item.ValueShape())
		}
		heap.Release()
	}
	fmt.Println(stream.Stats().ForeignFrames, "frames of something else,", stream.Err())
	// Output:
	// heap 2237 vis_spectrum (40,)
	// heap 2237 hydrogen_noise ()
	// heap 2238 vis_spectrum (40,)
	// heap 2238 hydrogen_noise ()
	// heap 2239 vis_spectrum (40,)
	// heap 2239 hydrogen_noise ()
	// 2 frames of something else, <nil>
}
