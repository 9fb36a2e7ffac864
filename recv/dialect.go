// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"iter"
	"strings"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// Dialect is a set of tolerances for packets that the specification doesn't allow but that telescopes
// send. The zero value is the specification as spead2 reads it.
type Dialect uint8

// The tolerances. Each packet that one was needed for counts in Stats.Tolerated.
const (
	// ImpliedOffset takes packets without PAYLOAD_OFFSET as if it were 0; those without HEAP_LENGTH as
	// well are a whole heap each.
	ImpliedOffset Dialect = Dialect(wire.ImpliedOffset)
	// ImpliedLength takes PAYLOAD_LENGTH 0 with something behind the item pointers as all that the
	// datagram holds. In a stream of bytes, such as TCP, nothing tells how much that is, so that it
	// applies to datagrams only.
	ImpliedLength Dialect = Dialect(wire.ImpliedLength)
	// ShortHeapLength takes payload that reaches beyond the HEAP_LENGTH of its packet. If it begins at
	// offset 0, the packet is the whole heap; otherwise the packet counts as one without HEAP_LENGTH, and
	// the heap is delivered when it is evicted or the stream ends.
	ShortHeapLength Dialect = Dialect(wire.ShortHeapLength)
	// RepeatedCnt takes heaps that all have the same cnt. Where packets are lost of one heap, the packet
	// at offset 0 of the next gives it up, as evicted, and begins another; it would be refused otherwise,
	// and so would all packets after it. What the wire doesn't say can't be made up: packets have to come
	// in order, and where the end of a heap and the beginning of the next are lost at once, what is left
	// of the two is taken for one heap.
	RepeatedCnt Dialect = 1 << repeatedCntIndex

	dialectAll       = ImpliedOffset | ImpliedLength | ShortHeapLength | RepeatedCnt
	dialectCount     = 4
	repeatedCntIndex = 3
)

// Sets of tolerances for senders that are known.
const (
	// SKALow takes the packets of SKA-Low stations (SPS to CSP, and to the local monitor and control
	// system): each packet is a heap, with no HEAP_LENGTH and no PAYLOAD_OFFSET; PAYLOAD_LENGTH is 8192 or,
	// from some firmware, 0. The items are, besides 0x3300, whose address is that of the samples,
	// immediates: 0x3000 (beam and frequency channel) and 0x3001 (substation, subarray, station). With
	// eight items, there are 0x1027 (synchronisation time), 0x1600 (timestamp) and 0x1011 (frequency) as
	// well, and HEAP_CNT holds the logical channel from bit 32 on and the number of the packet in the low
	// 32. With six, there is 0x3010 (scan), HEAP_CNT is the number of the packet alone, which all channels
	// share, and the logical channel stands in 0x3000, from bit 32 on.
	SKALow = ImpliedOffset | ImpliedLength
	// Gateware takes what simple gateware makes of heaps: always the same cnt, a HEAP_LENGTH that isn't.
	Gateware = ShortHeapLength | RepeatedCnt
)

var dialectNames = [dialectCount]string{"implied_offset", "implied_length", "short_heap_length", "repeated_cnt"}

// ParseDialect reads a name, ska-low or gateware, or names of tolerances with commas between them:
// implied-offset, implied-length, short-heap-length, repeated-cnt. The empty text is no tolerance.
// Errors: *spead.FieldError.
func ParseDialect(text string) (Dialect, error) {
	var d Dialect
	for name := range strings.SplitSeq(text, ",") {
		set, ok := dialectNamed(strings.TrimSpace(name))
		if !ok && text != "" {
			return 0, &spead.FieldError{Field: "dialect", Value: text,
				Allowed: "ska-low, gateware, or some of implied-offset, implied-length, short-heap-length and repeated-cnt"}
		}
		d |= set
	}
	return d, nil
}

func dialectNamed(name string) (Dialect, bool) {
	switch name {
	case "ska-low":
		return SKALow, true
	case "gateware":
		return Gateware, true
	}
	for i, n := range dialectNames {
		if name == strings.ReplaceAll(n, "_", "-") {
			return 1 << i, true
		}
	}
	return 0, false
}

// String gives the text that ParseDialect reads.
func (d Dialect) String() string {
	switch d {
	case SKALow:
		return "ska-low"
	case Gateware:
		return "gateware"
	}
	var names []string
	for i, name := range dialectNames {
		if d&(1<<i) != 0 {
			names = append(names, strings.ReplaceAll(name, "_", "-"))
		}
	}
	return strings.Join(names, ",")
}

// Tolerated counts packets by the tolerance that they needed; one may have needed several.
type Tolerated [dialectCount]int64

// All gives every tolerance with its count.
func (t *Tolerated) All() iter.Seq2[Dialect, int64] {
	return func(yield func(Dialect, int64) bool) {
		for i, count := range t {
			if !yield(1<<i, count) {
				return
			}
		}
	}
}

// MarshalJSON gives an object with a member per tolerance, zero or not.
func (t Tolerated) MarshalJSON() ([]byte, error) {
	return marshalCounts(func(yield func(string, int64) bool) {
		for i, count := range t {
			if !yield(dialectNames[i], count) {
				return
			}
		}
	}), nil
}

// tolerate decodes a datagram that the specification doesn't allow, for a reason; spead.Accepted stands
// for bytes after the packet. If the dialect allows it, s.packet is the packet.
func (s *Stream) tolerate(datagram []byte, reason spead.Refusal) spead.Refusal {
	if reason == spead.Accepted {
		reason = spead.RefusedTrailingBytes
	}
	if s.cfg.Dialect == 0 {
		return reason
	}
	used, refusal := s.packet.DecodeTolerant(datagram, wire.Tolerances(s.cfg.Dialect))
	for i := range s.work.Tolerated {
		if used&(1<<i) != 0 {
			s.work.Tolerated[i]++
		}
	}
	return refusal
}
