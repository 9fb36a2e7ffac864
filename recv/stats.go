// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"fmt"
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
	// DiscardRejected: the placement gave it no chunk, by a negative id.
	DiscardRejected
	// DiscardTooOld: its chunk had been handed over when it began or became complete.
	DiscardTooOld
	// DiscardOutside: the placement put it, or a part of it, outside its chunk.
	DiscardOutside
	// DiscardNoChunk: there was no memory for its chunk.
	DiscardNoChunk
	// DiscardEmpty: it has no payload that could be placed in a chunk.
	DiscardEmpty

	discardCount
)

var discardNames = [discardCount]string{
	DiscardEvicted:  "evicted",
	DiscardFlushed:  "flushed",
	DiscardStopHeap: "stop_heap",
	DiscardClosed:   "closed",
	DiscardOldest:   "oldest",
	DiscardNewest:   "newest",
	DiscardRejected: "rejected",
	DiscardTooOld:   "too_old",
	DiscardOutside:  "outside",
	DiscardNoChunk:  "no_chunk",
	DiscardEmpty:    "empty",
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

// Stats is a consistent snapshot of what a stream has received, taken between packets. Counters only
// grow, but for those in flight and HeapsUnseen. Always
//
//	PacketsSeen          = PacketsAccepted + Refused.Total()
//	HeapsBegun           = HeapsDelivered + HeapsQueued + HeapsLive + HeapsDiscarded.Total()
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

	// Tolerated counts packets that were only taken for Config.Dialect, by tolerance.
	Tolerated Tolerated `json:"tolerated"`

	// HeapsBegun counts heaps of which a packet was accepted. HeapsDelivered counts those that the
	// consumer has taken, HeapsQueued those waiting for it, HeapsLive those in progress, and
	// HeapsDiscarded those that it won't get.
	HeapsBegun     int64    `json:"heaps_begun"`
	HeapsDelivered int64    `json:"heaps_delivered"`
	HeapsQueued    int64    `json:"heaps_queued"`
	HeapsLive      int64    `json:"heaps_live"`
	HeapsDiscarded Discards `json:"heaps_discarded"`
	// The same in bytes of payload; what is in flight belongs to heaps in progress or queued.
	PayloadBytesAccepted  int64    `json:"payload_bytes_accepted"`
	PayloadBytesDelivered int64    `json:"payload_bytes_delivered"`
	PayloadBytesInFlight  int64    `json:"payload_bytes_in_flight"`
	PayloadBytesDiscarded Discards `json:"payload_bytes_discarded"`

	// With Config.CntStep, HeapsUnseen is how many heaps are missing so far, up to the latest, of which
	// no packet came at all, and HeapsRefused of how many some came but none was accepted. CntRestarts
	// counts sequences that began anew, and CntsOdd packets whose cnt is none of the sequence's.
	HeapsUnseen  int64 `json:"heaps_unseen"`
	HeapsRefused int64 `json:"heaps_refused"`
	CntRestarts  int64 `json:"cnt_restarts"`
	CntsOdd      int64 `json:"cnts_odd"`
	// HeapsBegunAgain counts heaps with the cnt of one that was finished not long ago: late and repeated
	// packets make such heaps.
	HeapsBegunAgain int64 `json:"heaps_begun_again"`
	// PacketsOutOfOrder counts accepted packets with payload that belongs before payload which came
	// earlier.
	PacketsOutOfOrder int64 `json:"packets_out_of_order"`
	// PayloadBytesRepeated counts payload of accepted packets that had been received before, with
	// Config.MergeOverlaps. It is not among the bytes accepted.
	PayloadBytesRepeated int64 `json:"payload_bytes_repeated"`

	// ForeignFrames counts frames in captures that are no packets for this stream.
	ForeignFrames int64 `json:"foreign_frames"`
	// SkippedBytes counts bytes of streams of bytes (TCP, readers) that belong to no packet which was
	// handed over: junk, packets that are too long, and what is missing its end. Each stretch of them
	// counts once in Refused.
	SkippedBytes int64 `json:"skipped_bytes"`
	// Connections counts TCP connections that were opened, and ConnectionsFailed those that ended by an
	// error such as a reset.
	Connections       int64 `json:"connections"`
	ConnectionsFailed int64 `json:"connections_failed"`
	// KernelDrops counts packets that the kernel dropped because a socket's buffer was full. The stream
	// never saw them.
	KernelDrops int64 `json:"kernel_drops"`
	// Fragmented counts datagrams that came in IP fragments.
	Fragmented int64 `json:"fragmented"`
	// ReceiveBuffer is the size in bytes of all UDP sockets' receive buffers together, and
	// ReceiveBufferMissing what the kernel didn't grant of what was asked for: the less there is, the
	// sooner packets are dropped when the machine is busy.
	ReceiveBuffer        int64 `json:"receive_buffer"`
	ReceiveBufferMissing int64 `json:"receive_buffer_missing"`

	// Memory is the use of payload memory.
	Memory MemoryStats `json:"memory"`
	// Custom holds the values of Config.Statistics, in that order.
	Custom []int64 `json:"custom,omitempty"`
	// Sources and Senders tell the traffic apart: by source, in the order in which they were added, and
	// by sender, in the order in which they appeared; after the first Config.MaxSenders, all others are
	// one.
	Sources []Traffic `json:"sources,omitempty"`
	Senders []Traffic `json:"senders,omitempty"`
}

// MemoryStats is the use of payload memory.
type MemoryStats struct {
	// Held is the memory in bytes with heaps in progress or queued, which Config.MaxMemory bounds, and
	// HeldMax the most that there has been.
	Held    int64 `json:"held"`
	HeldMax int64 `json:"held_max"`
	// Pooled is the memory in bytes that waits to be used again.
	Pooled int64 `json:"pooled"`
	// Hits counts how often a heap got memory from the pool, and Misses how often it got new memory or
	// that of Config.Allocator. Dropped counts pieces that the pool had no room to keep.
	Hits    int64 `json:"hits"`
	Misses  int64 `json:"misses"`
	Dropped int64 `json:"dropped"`
}

// Check compares what has to be equal, and says what isn't: a defect of this package, never of what
// arrived.
func (s *Stats) Check() error {
	for _, law := range []struct {
		what      string
		all, sums int64
	}{
		{"packets seen", s.PacketsSeen, s.PacketsAccepted + s.Refused.Total()},
		{"heaps begun", s.HeapsBegun, s.HeapsDelivered + s.HeapsQueued + s.HeapsLive + s.HeapsDiscarded.Total()},
		{"payload bytes accepted", s.PayloadBytesAccepted,
			s.PayloadBytesDelivered + s.PayloadBytesInFlight + s.PayloadBytesDiscarded.Total()},
	} {
		if law.all != law.sums {
			return fmt.Errorf("%w: %s: %d, of which %d are accounted for", ErrAccounts, law.what, law.all, law.sums)
		}
	}
	return nil
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
