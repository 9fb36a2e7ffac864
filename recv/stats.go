// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"iter"
	"strconv"

	"github.com/gospead/spead"
)

// Refusals counts packets by the reason why they were refused.
type Refusals [spead.RefusalCount]int64

// All gives every reason with its count, in the order in which a datagram meets them.
func (r *Refusals) All() iter.Seq2[spead.Refusal, int64] {
	return func(yield func(spead.Refusal, int64) bool) {
		for reason := spead.Accepted + 1; reason < spead.RefusalCount; reason++ {
			if !yield(reason, r[reason]) {
				return
			}
		}
	}
}

// Total is the number of packets refused, for whatever reason.
func (r *Refusals) Total() int64 {
	var n int64
	for _, count := range r.All() {
		n += count
	}
	return n
}

// MarshalJSON gives an object with a member per reason, zero or not.
func (r Refusals) MarshalJSON() ([]byte, error) {
	return marshalCounts(func(yield func(string, int64) bool) {
		for reason, count := range r.All() {
			if !yield(reason.String(), count) {
				return
			}
		}
	}), nil
}

// Discard is the reason why a heap that had begun was not delivered.
type Discard uint8

// The reasons.
const (
	// DiscardEvicted: incomplete, and pushed out by newer heaps.
	DiscardEvicted Discard = iota
	// DiscardFlushed: incomplete when the stream ended.
	DiscardFlushed
	// DiscardStopHeap: it carried the stop item that ended the stream.
	DiscardStopHeap
	// DiscardClosed: the stream was closed before the heap could be handed over.
	DiscardClosed
	// DiscardOldest and DiscardNewest: the queue was full, and Config.WhenFull said so.
	DiscardOldest
	DiscardNewest

	discardCount
)

var discardNames = [discardCount]string{
	DiscardEvicted:  "evicted",
	DiscardFlushed:  "flushed",
	DiscardStopHeap: "stop_heap",
	DiscardClosed:   "closed",
	DiscardOldest:   "oldest",
	DiscardNewest:   "newest",
}

// String gives the reason's name as it stands in statistics, such as "stop_heap".
func (d Discard) String() string {
	if d < discardCount {
		return discardNames[d]
	}
	return "unknown"
}

// Discards counts heaps or bytes by the reason why they were discarded.
type Discards [discardCount]int64

// All gives every reason with its count.
func (d *Discards) All() iter.Seq2[Discard, int64] {
	return func(yield func(Discard, int64) bool) {
		for reason, count := range d {
			if !yield(Discard(reason), count) {
				return
			}
		}
	}
}

// Total is the sum over all reasons.
func (d *Discards) Total() int64 {
	var n int64
	for _, count := range d {
		n += count
	}
	return n
}

// MarshalJSON gives an object with a member per reason, zero or not.
func (d Discards) MarshalJSON() ([]byte, error) {
	return marshalCounts(func(yield func(string, int64) bool) {
		for reason, count := range d.All() {
			if !yield(reason.String(), count) {
				return
			}
		}
	}), nil
}

// Stats is a consistent snapshot of what a stream has received, taken between batches. Counters only
// grow, but for those in flight. Always
//
//	PacketsSeen          = PacketsAccepted + Refused.Total()
//	PayloadBytesAccepted = PayloadBytesDelivered + PayloadBytesInFlight + PayloadBytesDiscarded.Total()
type Stats struct {
	// Heaps counts finished heaps: complete, evicted and flushed ones. As in spead2, a complete heap
	// with the stop item that ends the stream doesn't count.
	Heaps int64 `json:"heaps"`
	// IncompleteHeapsEvicted and IncompleteHeapsFlushed count those of Heaps that were pushed out by
	// newer heaps, or were in progress when the stream ended; heaps without HEAP_LENGTH end in one of
	// these ways even if they are delivered whole.
	IncompleteHeapsEvicted int64 `json:"incomplete_heaps_evicted"`
	IncompleteHeapsFlushed int64 `json:"incomplete_heaps_flushed"`
	// Packets counts well-formed packets, accepted or refused, as spead2 does.
	Packets int64 `json:"packets"`
	// Batches counts reads of sources, and MaxBatch is the most packets that one of them gave.
	Batches  int64 `json:"batches"`
	MaxBatch int64 `json:"max_batch"`
	// SinglePacketHeaps counts heaps that came whole in one packet.
	SinglePacketHeaps int64 `json:"single_packet_heaps"`
	// SearchDist counts steps of looking up heaps in progress, as spead2 does.
	SearchDist int64 `json:"search_dist"`
	// WorkerBlocked counts how often reading stopped because the consumer's queue was full.
	WorkerBlocked int64 `json:"worker_blocked"`

	// PacketsSeen counts all packets that reached the stream, and PacketsAccepted those of which the
	// payload was taken.
	PacketsSeen     int64 `json:"packets_seen"`
	PacketsAccepted int64 `json:"packets_accepted"`
	// Refused counts the other packets by reason.
	Refused Refusals `json:"refused"`

	// HeapsDelivered counts heaps that the consumer has taken, HeapsQueued those waiting for it, and
	// HeapsDiscarded those that it won't get.
	HeapsDelivered int64    `json:"heaps_delivered"`
	HeapsQueued    int64    `json:"heaps_queued"`
	HeapsDiscarded Discards `json:"heaps_discarded"`
	// The same in bytes of payload; what is in flight belongs to heaps in progress or queued.
	PayloadBytesAccepted  int64    `json:"payload_bytes_accepted"`
	PayloadBytesDelivered int64    `json:"payload_bytes_delivered"`
	PayloadBytesInFlight  int64    `json:"payload_bytes_in_flight"`
	PayloadBytesDiscarded Discards `json:"payload_bytes_discarded"`

	// PacketsOutOfOrder counts accepted packets with payload that belongs before payload which came
	// earlier.
	PacketsOutOfOrder int64 `json:"packets_out_of_order"`
	// PayloadBytesRepeated counts payload of accepted packets that had been received before, with
	// Config.MergeOverlaps. It is not among the bytes accepted.
	PayloadBytesRepeated int64 `json:"payload_bytes_repeated"`

	// ForeignFrames counts frames in captures that are no packets for this stream.
	ForeignFrames int64 `json:"foreign_frames"`
	// KernelDrops counts packets that the kernel dropped because a socket's buffer was full. The stream
	// never saw them.
	KernelDrops int64 `json:"kernel_drops"`
	// Fragmented counts datagrams that came in IP fragments.
	Fragmented int64 `json:"fragmented"`
}

// marshalCounts gives a JSON object. Names are plain words that need no escaping.
func marshalCounts(counts iter.Seq2[string, int64]) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for name, count := range counts {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(name))
		b.WriteByte(':')
		b.WriteString(strconv.FormatInt(count, 10))
	}
	b.WriteByte('}')
	return b.Bytes()
}
