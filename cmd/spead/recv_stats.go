// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/gospead/spead/recv"
)

// sumStats adds up the statistics of all streams.
func sumStats(streams []*recv.Stream) recv.Stats {
	var sum recv.Stats
	for _, s := range streams {
		stats := s.Stats()
		addStats(&sum, &stats)
	}
	return sum
}

func addStats(sum, s *recv.Stats) {
	sum.Heaps += s.Heaps
	sum.IncompleteHeapsEvicted += s.IncompleteHeapsEvicted
	sum.IncompleteHeapsFlushed += s.IncompleteHeapsFlushed
	sum.Packets += s.Packets
	sum.Batches += s.Batches
	sum.MaxBatch = max(sum.MaxBatch, s.MaxBatch)
	sum.SinglePacketHeaps += s.SinglePacketHeaps
	sum.SearchDist += s.SearchDist
	sum.WorkerBlocked += s.WorkerBlocked
	sum.PacketsSeen += s.PacketsSeen
	sum.PacketsAccepted += s.PacketsAccepted
	sum.HeapsDelivered += s.HeapsDelivered
	sum.HeapsQueued += s.HeapsQueued
	sum.PayloadBytesAccepted += s.PayloadBytesAccepted
	sum.PayloadBytesDelivered += s.PayloadBytesDelivered
	sum.PayloadBytesInFlight += s.PayloadBytesInFlight
	sum.HeapsBegun += s.HeapsBegun
	sum.HeapsLive += s.HeapsLive
	sum.HeapsUnseen += s.HeapsUnseen
	sum.HeapsRefused += s.HeapsRefused
	sum.CntRestarts += s.CntRestarts
	sum.CntsOdd += s.CntsOdd
	sum.HeapsBegunAgain += s.HeapsBegunAgain
	sum.PacketsOutOfOrder += s.PacketsOutOfOrder
	sum.PayloadBytesRepeated += s.PayloadBytesRepeated
	sum.Fragmented += s.Fragmented
	sum.Memory.Held += s.Memory.Held
	sum.Memory.HeldMax += s.Memory.HeldMax
	sum.Memory.Pooled += s.Memory.Pooled
	sum.Memory.Hits += s.Memory.Hits
	sum.Memory.Misses += s.Memory.Misses
	sum.Memory.Dropped += s.Memory.Dropped
	sum.Sources = append(sum.Sources, s.Sources...)
	sum.Senders = append(sum.Senders, s.Senders...)
	sum.ForeignFrames += s.ForeignFrames
	sum.SkippedBytes += s.SkippedBytes
	sum.Connections += s.Connections
	sum.ConnectionsFailed += s.ConnectionsFailed
	sum.ReceiveBuffer += s.ReceiveBuffer
	sum.ReceiveBufferMissing += s.ReceiveBufferMissing
	for i := range s.Tolerated {
		sum.Tolerated[i] += s.Tolerated[i]
	}
	sum.KernelDrops += s.KernelDrops
	for i := range s.Refused {
		sum.Refused[i] += s.Refused[i]
	}
	for i := range s.HeapsDiscarded {
		sum.HeapsDiscarded[i] += s.HeapsDiscarded[i]
		sum.PayloadBytesDiscarded[i] += s.PayloadBytesDiscarded[i]
	}
}
