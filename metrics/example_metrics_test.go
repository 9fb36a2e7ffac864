// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gospead/spead/metrics"
	"github.com/gospead/spead/recv"
)

func ExampleCollector() {
	streams := metrics.NewCollector()
	registry := prometheus.NewRegistry() // or prometheus.MustRegister(streams), and promhttp.Handler()
	registry.MustRegister(streams)

	stream, err := recv.NewStream(recv.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	if err := streams.AddReceiver("beam1", stream); err != nil {
		log.Fatal(err)
	}
	if err := stream.AddMemory(bytes.Repeat([]byte{'?'}, 100)); err != nil {
		log.Fatal(err)
	}
	if err := stream.Start(); err != nil {
		log.Fatal(err)
	}
	for heap := range stream.Heaps(context.Background()) {
		heap.Release()
	}

	families, err := registry.Gather()
	if err != nil {
		log.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() != "spead_recv_packets_refused_total" || metric.GetCounter().GetValue() == 0 {
				continue
			}
			for _, label := range metric.GetLabel() {
				fmt.Println(label.GetName(), "=", label.GetValue())
			}
		}
	}
	// Output:
	// reason = bad_magic
	// stream = beam1
}
