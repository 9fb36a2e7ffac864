// SPDX-License-Identifier: Apache-2.0

package spead

// Refusal is the reason why a receiver did not take a packet. Every packet that reaches a stream is
// either accepted or counted under exactly one of these; none is dropped without a number. spead2
// logs most of these and counts none.
type Refusal uint8

// The reasons, in the order in which a datagram meets them.
const (
	// Accepted is the zero value: not refused.
	Accepted Refusal = iota

	// Found by the source, before anything is decoded.

	// RefusedEmpty: a datagram without a byte.
	RefusedEmpty
	// RefusedTooLong: a datagram longer than the configured largest packet.
	RefusedTooLong
	// RefusedCaptureTruncated: a captured frame of which the capture holds only the beginning.
	RefusedCaptureTruncated
	// RefusedCaptureMalformed: a captured UDP frame whose headers contradict each other.
	RefusedCaptureMalformed

	// Found by decoding the packet.

	// RefusedShortHeader: fewer than the 8 bytes of a header.
	RefusedShortHeader
	// RefusedBadMagic: the first two bytes are not 0x53 0x04.
	RefusedBadMagic
	// RefusedBadFlavour: the widths in the header are zero or do not add up to 8 bytes.
	RefusedBadFlavour
	// RefusedShortPointers: the packet ends within its item pointers.
	RefusedShortPointers
	// RefusedMissingItem: HEAP_CNT, PAYLOAD_OFFSET or PAYLOAD_LENGTH is absent.
	RefusedMissingItem
	// RefusedShortPayload: the packet ends within its payload.
	RefusedShortPayload
	// RefusedPastHeap: the payload reaches beyond the HEAP_LENGTH of the same packet.
	RefusedPastHeap
	// RefusedTrailingBytes: the datagram goes on after the packet.
	RefusedTrailingBytes

	// RefusedStopped: the stream ended, at a stop item, while the packet waited in the same batch.
	RefusedStopped

	// Found by the stream. Packets refused from here on are what spead2 counts in "packets".

	// RefusedUnsized: no HEAP_LENGTH although the configuration asks for one.
	RefusedUnsized
	// RefusedNoHeap: in-order assembly, and the packet continues a heap that is not in progress: its
	// first packet was lost or refused.
	RefusedNoHeap
	// RefusedLate: the same, but the heap was completed or evicted not long ago.
	RefusedLate
	// RefusedHeapLimit: HEAP_LENGTH, or the end of the payload, is beyond the configured largest heap.
	RefusedHeapLimit
	// RefusedMemoryLimit: there is no memory left for the payload within the configured limit.
	RefusedMemoryLimit
	// RefusedItemLimit: the heap has more items than the configuration allows.
	RefusedItemLimit
	// RefusedLengthMismatch: HEAP_LENGTH is not that of the heap's earlier packets.
	RefusedLengthMismatch
	// RefusedLengthTooSmall: HEAP_LENGTH is less than what earlier packets of the heap imply.
	RefusedLengthTooSmall
	// RefusedFlavourMismatch: the packet's flavour is not that of its heap.
	RefusedFlavourMismatch
	// RefusedBehind: in-order assembly, and the payload was already passed: a duplicate or a late packet.
	RefusedBehind
	// RefusedGap: in-order assembly, and payload before this packet's is missing.
	RefusedGap
	// RefusedDuplicate: out-of-order assembly, and the payload starts within what was received.
	RefusedDuplicate
	// RefusedOverlap: out-of-order assembly, and the payload runs into what was received.
	RefusedOverlap

	// RefusalCount is the number of values, Accepted included: the length of a table of counters.
	RefusalCount
)

var refusalNames = [RefusalCount]string{
	Accepted:                "accepted",
	RefusedEmpty:            "empty",
	RefusedTooLong:          "too_long",
	RefusedCaptureTruncated: "capture_truncated",
	RefusedCaptureMalformed: "capture_malformed",
	RefusedShortHeader:      "short_header",
	RefusedBadMagic:         "bad_magic",
	RefusedBadFlavour:       "bad_flavour",
	RefusedShortPointers:    "short_pointers",
	RefusedMissingItem:      "missing_item",
	RefusedShortPayload:     "short_payload",
	RefusedPastHeap:         "past_heap",
	RefusedTrailingBytes:    "trailing_bytes",
	RefusedStopped:          "stopped",
	RefusedUnsized:          "unsized",
	RefusedNoHeap:           "no_heap",
	RefusedLate:             "late",
	RefusedHeapLimit:        "heap_limit",
	RefusedMemoryLimit:      "memory_limit",
	RefusedItemLimit:        "item_limit",
	RefusedLengthMismatch:   "length_mismatch",
	RefusedLengthTooSmall:   "length_too_small",
	RefusedFlavourMismatch:  "flavour_mismatch",
	RefusedBehind:           "behind",
	RefusedGap:              "gap",
	RefusedDuplicate:        "duplicate",
	RefusedOverlap:          "overlap",
}

// String gives the reason's name as it stands in statistics, such as "short_payload".
func (r Refusal) String() string {
	if r < RefusalCount {
		return refusalNames[r]
	}
	return "unknown"
}

// Decoded says whether a packet refused for this reason was well formed: whether spead2 would have
// counted it in its "packets" statistic.
func (r Refusal) Decoded() bool { return r == Accepted || r >= RefusedUnsized }
