// SPDX-License-Identifier: Apache-2.0

// Package metrics shows the statistics of streams to Prometheus. It is the only package of the library
// that links Prometheus' client.
//
// A Collector is registered once; streams are added to it by name and removed when they are closed:
//
//	streams := metrics.NewCollector()
//	prometheus.MustRegister(streams)
//	streams.AddReceiver("beam1", stream)
//
// Nothing is counted here, and no goroutine runs: each scrape takes a snapshot (recv.Stats, send.Stats)
// of each stream, so that the figures of a stream in one scrape add up. All metrics carry the stream's
// name as the label "stream". What is lost shows in
//
//	spead_recv_kernel_drops_total        packets that the kernel dropped: the socket's buffer was full
//	spead_recv_packets_refused_total     packets that were not taken, by "reason"
//	spead_recv_heaps_discarded_total     heaps that were not delivered, by "reason"
//	spead_recv_heaps_unseen              heaps of which nothing came, with recv.Config.CntStep
//	spead_send_packets_failed_total      packets that did not leave
//
// and the reasons are those of spead.Refusal and recv.Discard by name. Every reason is there from the
// first scrape on, with 0, so that rates and alerts see the first loss. Sources, which are configured,
// are told apart by the label "source"; senders, which anybody can be, are not.
//
// recv.go has the figures of receivers, send.go those of senders, collector.go puts them together.
// grafana.json is a dashboard of them for Grafana.
package metrics
