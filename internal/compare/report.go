// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"net/netip"
	"time"

	"github.com/gospead/spead"
)

// Kind is how a heap differs.
type Kind string

// The kinds of differences. A heap that is complete on one side only is of the first kind that fits.
const (
	MissingInA    Kind = "missing_in_a"
	MissingInB    Kind = "missing_in_b"
	IncompleteInA Kind = "incomplete_in_a"
	IncompleteInB Kind = "incomplete_in_b"
	Differs       Kind = "differs"
)

// Difference is a heap that isn't the same on both sides.
type Difference struct {
	Kind Kind          `json:"kind"`
	Cnt  spead.HeapCnt `json:"cnt"`
	// Stream is the number of the stream, from 0.
	Stream int `json:"stream"`
	// Time is when the heap's first packet came, on the side where it did, or on A.
	Time time.Time `json:"time"`
	// Parts says what differs; none if the heap is missing.
	Parts []Part `json:"parts,omitempty"`
}

// Part is something about a heap that differs.
type Part struct {
	// What is an item, such as "item 0x1600", or "payload", "flavour" or the like.
	What string `json:"what"`
	// A and B are the two values, if they are short: "absent", numbers, or lengths.
	A string `json:"a,omitempty"`
	B string `json:"b,omitempty"`
	// Ranges are the bytes of it that differ or, where a heap is incomplete, are missing, as start and
	// end; the first few. Bytes is how many they are in all.
	Ranges [][2]int64 `json:"ranges,omitempty"`
	Bytes  int64      `json:"bytes,omitempty"`
}

// Report is what a comparison has found.
type Report struct {
	A Side `json:"a"`
	B Side `json:"b"`
	// Same counts heaps that are the same on both sides, Incomplete those of them of which the same is
	// missing. The others differ in one way each.
	Same          int64 `json:"same"`
	Incomplete    int64 `json:"same_but_incomplete"`
	Differing     int64 `json:"differing"`
	MissingInA    int64 `json:"missing_in_a"`
	MissingInB    int64 `json:"missing_in_b"`
	IncompleteInA int64 `json:"incomplete_in_a"`
	IncompleteInB int64 `json:"incomplete_in_b"`
	// Repacketised counts heaps on both sides that are divided into packets differently: no difference,
	// but remarkable.
	Repacketised int64 `json:"repacketised"`
	// GivenUp counts heaps among the missing that were given up because too many waited.
	GivenUp int64 `json:"given_up"`
	// Streams tells which destinations belong together.
	Streams []Stream `json:"streams"`
	// Timing compares when heaps came.
	Timing Timing `json:"timing"`
}

// Equal says whether both sides have the same heaps.
func (r *Report) Equal() bool {
	return r.Differing+r.MissingInA+r.MissingInB+r.IncompleteInA+r.IncompleteInB == 0
}

// Side tells of one side.
type Side struct {
	Heaps   int64 `json:"heaps"`
	Packets int64 `json:"packets"`
	Bytes   int64 `json:"payload_bytes"`
	// Refused counts packets that belong to no heap, by the reason.
	Refused map[string]int64 `json:"refused"`
	// Foreign counts frames of a capture that are something else; KernelDrops what a socket lost.
	Foreign     int64 `json:"foreign_frames"`
	KernelDrops int64 `json:"kernel_drops"`
}

// Stream is the destinations of a stream; one is invalid if the stream is on one side only.
type Stream struct {
	A netip.AddrPort `json:"a"`
	B netip.AddrPort `json:"b"`
}

// Timing compares the times at which heaps that are on both sides began.
type Timing struct {
	// Heaps is how many were compared.
	Heaps int64 `json:"heaps"`
	// Shift is how much later they came on side B, by the median.
	Shift time.Duration `json:"shift_ns"`
	// Span is the time from the first to the last of them, on side A.
	Span time.Duration `json:"span_ns"`
	// P50, P99 and Max tell by how much times differ from that, earlier or later; of very many heaps, the
	// percentiles are those of a sample.
	P50 time.Duration `json:"p50_ns"`
	P99 time.Duration `json:"p99_ns"`
	Max time.Duration `json:"max_ns"`
	// Drift is how much B's clock or replay is slower, in parts per million; it means something if the
	// comparison goes over a while.
	Drift float64 `json:"drift_ppm"`
}
