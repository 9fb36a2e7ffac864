// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gospead/spead/recv"
)

// recvFigures are the metrics of receivers.
type recvFigures struct {
	plain                                            []figure[recv.Stats]
	refused, tolerated, discarded, discardedBytes    metric
	sourcePackets, sourceBytes, sourceRefused        metric
	sourceDrops, sourceFirst, sourceLast, statistics metric
}

func newRecvFigures() *recvFigures {
	plain := append(packetFigures(), heapFigures()...)
	plain = append(plain, payloadFigures()...)
	plain = append(plain, sourceFigures()...)
	return &recvFigures{
		plain:          append(plain, memoryFigures()...),
		refused:        counter("recv_packets_refused_total", "Packets that were not taken, by reason.", "reason"),
		tolerated:      counter("recv_packets_tolerated_total", "Packets that were only taken for the dialect, by tolerance.", "tolerance"),
		discarded:      counter("recv_heaps_discarded_total", "Heaps that had begun and were not delivered, by reason.", "reason"),
		discardedBytes: counter("recv_payload_discarded_bytes_total", "Payload of heaps that were not delivered, by reason.", "reason"),
		sourcePackets:  counter("recv_source_packets_total", "Packets that came through a source.", "source"),
		sourceBytes:    counter("recv_source_bytes_total", "Length of all packets that came through a source.", "source"),
		sourceRefused:  counter("recv_source_packets_refused_total", "Packets of a source that were not taken.", "source"),
		sourceDrops:    counter("recv_source_kernel_drops_total", "Packets that the kernel dropped at a source because its buffer was full.", "source"),
		sourceFirst:    gauge("recv_source_first_packet_timestamp_seconds", "When a source's first packet was read.", "source"),
		sourceLast:     gauge("recv_source_last_packet_timestamp_seconds", "When a source's latest packet was read.", "source"),
		statistics:     gauge("recv_statistic", "Figures of the user's own, by their place in recv.Config.Statistics.", "index"),
	}
}

func packetFigures() []figure[recv.Stats] {
	return []figure[recv.Stats]{
		{counter("recv_packets_total", "Packets that reached the stream."),
			func(s *recv.Stats) int64 { return s.PacketsSeen }},
		{counter("recv_packets_accepted_total", "Packets of which the payload was taken."),
			func(s *recv.Stats) int64 { return s.PacketsAccepted }},
		{counter("recv_packets_well_formed_total", "Well-formed packets, accepted or refused: what spead2 calls packets."),
			func(s *recv.Stats) int64 { return s.Packets }},
		{counter("recv_packets_out_of_order_total", "Accepted packets with payload that belongs before payload which came earlier."),
			func(s *recv.Stats) int64 { return s.PacketsOutOfOrder }},
		{counter("recv_packets_fragmented_total", "Datagrams that came in IP fragments."),
			func(s *recv.Stats) int64 { return s.Fragmented }},
		{counter("recv_kernel_drops_total", "Packets that the kernel dropped because a socket's buffer was full."),
			func(s *recv.Stats) int64 { return s.KernelDrops }},
		{counter("recv_batches_total", "Reads of sources."),
			func(s *recv.Stats) int64 { return s.Batches }},
		{gauge("recv_batch_packets_max", "The most packets that one read has given."),
			func(s *recv.Stats) int64 { return s.MaxBatch }},
		{counter("recv_search_steps_total", "Steps of looking up heaps in progress: what spead2 calls search_dist."),
			func(s *recv.Stats) int64 { return s.SearchDist }},
		{counter("recv_blocked_total", "How often reading stopped because the consumer's queue was full."),
			func(s *recv.Stats) int64 { return s.WorkerBlocked }},
	}
}

func heapFigures() []figure[recv.Stats] {
	return []figure[recv.Stats]{
		{counter("recv_heaps_total", "Finished heaps: complete, evicted and flushed ones."),
			func(s *recv.Stats) int64 { return s.Heaps }},
		{counter("recv_heaps_evicted_total", "Finished heaps that newer heaps pushed out."),
			func(s *recv.Stats) int64 { return s.IncompleteHeapsEvicted }},
		{counter("recv_heaps_flushed_total", "Finished heaps that were in progress when the stream ended."),
			func(s *recv.Stats) int64 { return s.IncompleteHeapsFlushed }},
		{counter("recv_heaps_single_packet_total", "Heaps that came whole in one packet."),
			func(s *recv.Stats) int64 { return s.SinglePacketHeaps }},
		{counter("recv_heaps_begun_total", "Heaps of which a packet was accepted."),
			func(s *recv.Stats) int64 { return s.HeapsBegun }},
		{counter("recv_heaps_begun_again_total", "Heaps with the cnt of one that was finished not long ago."),
			func(s *recv.Stats) int64 { return s.HeapsBegunAgain }},
		{counter("recv_heaps_delivered_total", "Heaps that the consumer has taken."),
			func(s *recv.Stats) int64 { return s.HeapsDelivered }},
		{gauge("recv_heaps_queued", "Heaps that wait for the consumer."),
			func(s *recv.Stats) int64 { return s.HeapsQueued }},
		{gauge("recv_heaps_live", "Heaps in progress."),
			func(s *recv.Stats) int64 { return s.HeapsLive }},
		{gauge("recv_heaps_unseen", "Heaps missing so far of which no packet came, if their cnts are evenly spaced."),
			func(s *recv.Stats) int64 { return s.HeapsUnseen }},
		{gauge("recv_heaps_refused", "Heaps missing so far of which some packets came but none was accepted."),
			func(s *recv.Stats) int64 { return s.HeapsRefused }},
		{counter("recv_cnt_restarts_total", "Sequences of heap cnts that began anew."),
			func(s *recv.Stats) int64 { return s.CntRestarts }},
		{counter("recv_cnts_odd_total", "Packets whose heap cnt is none of the sequence's."),
			func(s *recv.Stats) int64 { return s.CntsOdd }},
	}
}

func payloadFigures() []figure[recv.Stats] {
	return []figure[recv.Stats]{
		{counter("recv_payload_accepted_bytes_total", "Payload of accepted packets."),
			func(s *recv.Stats) int64 { return s.PayloadBytesAccepted }},
		{counter("recv_payload_delivered_bytes_total", "Payload of heaps that the consumer has taken."),
			func(s *recv.Stats) int64 { return s.PayloadBytesDelivered }},
		{gauge("recv_payload_in_flight_bytes", "Payload of heaps in progress or queued."),
			func(s *recv.Stats) int64 { return s.PayloadBytesInFlight }},
		{counter("recv_payload_repeated_bytes_total", "Payload of accepted packets that had been received before."),
			func(s *recv.Stats) int64 { return s.PayloadBytesRepeated }},
	}
}

func sourceFigures() []figure[recv.Stats] {
	return []figure[recv.Stats]{
		{counter("recv_foreign_frames_total", "Frames in captures that are no packets for this stream."),
			func(s *recv.Stats) int64 { return s.ForeignFrames }},
		{counter("recv_skipped_bytes_total", "Bytes of streams of bytes that belong to no packet."),
			func(s *recv.Stats) int64 { return s.SkippedBytes }},
		{counter("recv_connections_total", "TCP connections that were opened."),
			func(s *recv.Stats) int64 { return s.Connections }},
		{counter("recv_connections_failed_total", "TCP connections that ended by an error."),
			func(s *recv.Stats) int64 { return s.ConnectionsFailed }},
		{gauge("recv_buffer_bytes", "Size of all UDP sockets' receive buffers together."),
			func(s *recv.Stats) int64 { return s.ReceiveBuffer }},
		{gauge("recv_buffer_missing_bytes", "What the kernel did not grant of the receive buffers that were asked for."),
			func(s *recv.Stats) int64 { return s.ReceiveBufferMissing }},
	}
}

func memoryFigures() []figure[recv.Stats] {
	return []figure[recv.Stats]{
		{gauge("recv_memory_held_bytes", "Payload memory with heaps in progress or queued."),
			func(s *recv.Stats) int64 { return s.Memory.Held }},
		{gauge("recv_memory_held_max_bytes", "The most payload memory that there has been with heaps in progress or queued."),
			func(s *recv.Stats) int64 { return s.Memory.HeldMax }},
		{gauge("recv_memory_pooled_bytes", "Payload memory that waits to be used again."),
			func(s *recv.Stats) int64 { return s.Memory.Pooled }},
		{counter("recv_memory_hits_total", "How often a heap got memory from the pool."),
			func(s *recv.Stats) int64 { return s.Memory.Hits }},
		{counter("recv_memory_misses_total", "How often a heap got new memory."),
			func(s *recv.Stats) int64 { return s.Memory.Misses }},
		{counter("recv_memory_dropped_total", "Pieces of memory that the pool had no room to keep."),
			func(s *recv.Stats) int64 { return s.Memory.Dropped }},
	}
}

func (r *recvFigures) describe(descs chan<- *prometheus.Desc) {
	for _, f := range r.plain {
		descs <- f.desc
	}
	for _, m := range []metric{r.refused, r.tolerated, r.discarded, r.discardedBytes, r.sourcePackets, r.sourceBytes,
		r.sourceRefused, r.sourceDrops, r.sourceFirst, r.sourceLast, r.statistics} {
		descs <- m.desc
	}
}

func (r *recvFigures) collect(to sink, s *recv.Stats) {
	for _, f := range r.plain {
		to.put(f.metric, float64(f.of(s)))
	}
	for reason, packets := range s.Refused.All() {
		to.put(r.refused, float64(packets), reason.String())
	}
	for tolerance, packets := range s.Tolerated.All() {
		to.put(r.tolerated, float64(packets), tolerance.String())
	}
	for reason, heaps := range s.HeapsDiscarded.All() {
		to.put(r.discarded, float64(heaps), reason.String())
	}
	for reason, bytes := range s.PayloadBytesDiscarded.All() {
		to.put(r.discardedBytes, float64(bytes), reason.String())
	}
	for i, value := range s.Custom {
		to.put(r.statistics, float64(value), decimal(int64(i)))
	}
	for _, t := range joinSources(s.Sources) {
		r.collectSource(to, t)
	}
}

func (r *recvFigures) collectSource(to sink, t recv.Traffic) {
	source := "other"
	if t.Addr.IsValid() {
		source = t.Addr.String()
	}
	to.put(r.sourcePackets, float64(t.Packets), source)
	to.put(r.sourceBytes, float64(t.Bytes), source)
	to.put(r.sourceRefused, float64(t.Refused), source)
	to.put(r.sourceDrops, float64(t.KernelDrops), source)
	if t.Packets > 0 {
		to.put(r.sourceFirst, float64(t.First.UnixMilli())/1e3, source)
		to.put(r.sourceLast, float64(t.Last.UnixMilli())/1e3, source)
	}
}

// joinSources adds up sources with one address, since labels have to differ.
func joinSources(sources []recv.Traffic) []recv.Traffic {
	var joined []recv.Traffic
	for _, t := range sources {
		i := 0
		for i < len(joined) && joined[i].Addr != t.Addr {
			i++
		}
		if i == len(joined) {
			joined = append(joined, t)
			continue
		}
		j := &joined[i]
		if j.Packets == 0 || t.Packets > 0 && t.First.Before(j.First) {
			j.First = t.First
		}
		if t.Last.After(j.Last) {
			j.Last = t.Last
		}
		j.Packets += t.Packets
		j.Bytes += t.Bytes
		j.Refused += t.Refused
		j.KernelDrops += t.KernelDrops
	}
	return joined
}
