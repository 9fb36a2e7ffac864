// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

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

// eachCount gives every count of the statistics by its name in JSON, with that of the table that it is
// in before it: "refused.bad_magic". Lists are left out.
func eachCount(s *recv.Stats, found func(name, value string)) error {
	counts := *s
	counts.Sources, counts.Senders, counts.Custom = nil, nil, nil
	text, err := json.Marshal(&counts)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	name, table := "", ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch v := token.(type) {
		case string:
			name = v
		case json.Number:
			found(table+name, v.String())
		case json.Delim:
			// Of the tables, the first to be opened is the whole, which has no name.
			table = ""
			if v == '{' && name != "" {
				table = name + "."
			}
		}
	}
}
