// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gospead/spead/send"
)

// sendFigures are the metrics of senders.
type sendFigures struct {
	plain       []figure[send.Stats]
	errors, gso metric
}

func newSendFigures() *sendFigures {
	return &sendFigures{
		plain:  append(leftFigures(), transportFigures()...),
		errors: counter("send_transport_errors_total", "Failed calls by the system's error number, those included that were made again; 0 for all others.", "errno"),
		gso:    gauge("send_gso_active", "Whether segmentation offload is in use towards an endpoint, by its place in the list.", "endpoint"),
	}
}

func leftFigures() []figure[send.Stats] {
	return []figure[send.Stats]{
		{counter("send_batches_total", "Batches that left."), func(s *send.Stats) int64 { return s.Batches }},
		{counter("send_heaps_total", "Heaps of which every packet left."), func(s *send.Stats) int64 { return s.Heaps }},
		{counter("send_packets_total", "Packets that left."), func(s *send.Stats) int64 { return s.Packets }},
		{counter("send_bytes_total", "Length of all packets that left, headers included."), func(s *send.Stats) int64 { return s.Bytes }},
		{counter("send_heaps_failed_total", "Heaps that didn't leave, or not whole."), func(s *send.Stats) int64 { return s.FailedHeaps }},
		{counter("send_packets_failed_total", "Packets that didn't leave."), func(s *send.Stats) int64 { return s.FailedPackets }},
		{counter("send_writes_total", "Calls of the transport."), func(s *send.Stats) int64 { return s.Writes }},
		{gauge("send_heaps_in_flight", "Heaps that are queued or being sent."), func(s *send.Stats) int64 { return int64(s.HeapsInFlight) }},
	}
}

func transportFigures() []figure[send.Stats] {
	return []figure[send.Stats]{
		{counter("send_transport_calls_total", "System calls, calls of the writer, or hand-overs to queues."),
			func(s *send.Stats) int64 { return s.Transport.Calls }},
		{counter("send_transport_messages_total", "Messages that those calls took: of one or more datagrams each."),
			func(s *send.Stats) int64 { return s.Transport.Messages }},
		{counter("send_transport_packets_total", "Packets that those calls took."),
			func(s *send.Stats) int64 { return s.Transport.Packets }},
		{counter("send_transport_waits_total", "How often the transport was full, so that the stream waited."),
			func(s *send.Stats) int64 { return s.Transport.Waits }},
		{counter("send_transport_retries_total", "Calls that failed for a reason that was expected to pass, and were made again."),
			func(s *send.Stats) int64 { return s.Transport.Retries }},
		{gauge("send_packet_size_max_bytes", "The packet size that path-MTU discovery has arrived at, or 0."),
			func(s *send.Stats) int64 { return int64(s.Transport.MaxPacketSize) }},
	}
}

func (f *sendFigures) describe(descs chan<- *prometheus.Desc) {
	for _, p := range f.plain {
		descs <- p.desc
	}
	descs <- f.errors.desc
	descs <- f.gso.desc
}

func (f *sendFigures) collect(to sink, s *send.Stats) {
	for _, p := range f.plain {
		to.put(p.metric, float64(p.of(s)))
	}
	for _, e := range s.Transport.Errors {
		to.put(f.errors, float64(e.Count), decimal(int64(e.Errno)))
	}
	for i, path := range s.Transport.Paths {
		active := 0.
		if path.GSO == send.GSOActive {
			active = 1
		}
		to.put(f.gso, active, decimal(int64(i)))
	}
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
