// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"net/netip"
	"time"

	"github.com/gospead/spead"
)

// Report is what an Inspector has found out. Its JSON is for programs: members may be added, but none
// changes its meaning.
type Report struct {
	// Conclusion is the report in some sentences.
	Conclusion []string `json:"conclusion"`
	// Live says that datagrams came from sockets, not from a capture.
	Live bool `json:"live"`
	// Seconds is the time from the first to the last datagram.
	Seconds float64 `json:"seconds"`
	// Streams are the streams, in the order in which they appeared.
	Streams []Stream `json:"streams"`
	// Places are where datagrams were sent to.
	Places []Place `json:"places"`
	// Loss is what is missing, and why.
	Loss Loss `json:"loss"`
	// Strangers are senders of datagrams that aren't SPEAD or aren't whole.
	Strangers []Stranger `json:"not_spead"`
	// UntoldStreams and UntoldStrangers count datagrams of streams, and of strangers, beyond the limit.
	UntoldStreams   Untold `json:"untold_streams"`
	UntoldStrangers Untold `json:"untold_not_spead"`
}

// Untold counts datagrams that weren't looked at, as there was no room to tell their senders apart.
type Untold struct {
	Packets int64 `json:"packets"`
	Bytes   int64 `json:"bytes"`
}

// Stream is what one sender sends to one place in one flavour.
type Stream struct {
	Source      netip.AddrPort `json:"source"`
	Destination netip.AddrPort `json:"destination"`
	// Flavour is its name, such as SPEAD-64-48, and Dialect what a receiver has to tolerate, as spead recv
	// --dialect takes it; empty if nothing.
	Flavour string `json:"flavour"`
	Dialect string `json:"dialect,omitempty"`
	// Tolerated counts packets that needed a tolerance, by its name.
	Tolerated map[string]int64 `json:"tolerated,omitempty"`
	Pace      Pace             `json:"pace"`
	// HeapsPerSecond is the rate of complete heaps.
	HeapsPerSecond float64 `json:"heaps_per_second"`
	// PacketSizes are those of datagrams in bytes, and PayloadSizes those of what they carry.
	PacketSizes  Sizes `json:"packet_sizes"`
	PayloadSizes Sizes `json:"payload_sizes"`
	Heaps        Heaps `json:"heaps"`
	Cnts         Cnts  `json:"cnts"`
	// PacketsAccepted counts packets that were a new part of a heap. PacketsDuplicate had come before,
	// PacketsOverlapping had in part, and PacketsLate came after their heap was given up.
	PacketsAccepted    int64 `json:"packets_accepted"`
	PacketsDuplicate   int64 `json:"packets_duplicate"`
	PacketsOverlapping int64 `json:"packets_overlapping"`
	PacketsLate        int64 `json:"packets_late"`
	// PacketsOutOfOrder counts accepted packets that came behind others of their heap which belong behind
	// them, and OutOfOrderDistance by how many of those at most; 64 stands for more as well.
	PacketsOutOfOrder  int64 `json:"packets_out_of_order"`
	OutOfOrderDistance int64 `json:"out_of_order_distance"`
	// Refused counts packets that aren't good, by reason.
	Refused map[string]int64 `json:"refused,omitempty"`
	// MissingPackets is how many packets didn't come, as far as heaps tell; Exact says that it isn't an
	// estimate.
	MissingPackets int64 `json:"missing_packets"`
	Exact          bool  `json:"missing_packets_exact"`
	// Items are the items by id, and ItemsUntold counts values of others.
	Items       []Item `json:"items"`
	ItemsUntold int64  `json:"items_untold"`
	// Ctrl counts stream control items by their value.
	Ctrl map[string]int64 `json:"stream_control,omitempty"`
	// Advice are flags for spead recv that it takes to get all of the stream.
	Advice []string `json:"advice,omitempty"`
}

// Pace is how fast datagrams came. Rates are 0 if no time has passed.
type Pace struct {
	Packets int64 `json:"packets"`
	Bytes   int64 `json:"bytes"`
	// First and Last are when the first and the last one came; zero if nobody knows.
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
	Seconds float64   `json:"seconds"`
	// BitsPerSecond counts what is in UDP or TCP. PeakBitsPerSecond is the highest rate over 100 ms.
	PacketsPerSecond  float64 `json:"packets_per_second"`
	BitsPerSecond     float64 `json:"bits_per_second"`
	PeakBitsPerSecond float64 `json:"peak_bits_per_second,omitempty"`
	// LongestPause is the longest time in seconds without a packet, and when it began.
	LongestPause   float64   `json:"longest_pause_seconds"`
	LongestPauseAt time.Time `json:"longest_pause_at,omitzero"`
	// StepsBack counts packets with a time before the one before, LongestStepBack is how far in seconds.
	StepsBack         int64     `json:"steps_back"`
	LongestStepBack   float64   `json:"longest_step_back_seconds"`
	LongestStepBackAt time.Time `json:"longest_step_back_at,omitzero"`
	// Timeless counts packets without a time.
	Timeless int64 `json:"timeless"`
}

// Sizes is a distribution of sizes.
type Sizes struct {
	Count int64   `json:"count"`
	Min   int64   `json:"min"`
	Max   int64   `json:"max"`
	Mean  float64 `json:"mean"`
	// Told are the different sizes, the most frequent first, and Others counts those that aren't among
	// them.
	Told   []Size `json:"sizes"`
	Others int64  `json:"others"`
}

// Size is how often a size came.
type Size struct {
	Size  int64 `json:"size"`
	Count int64 `json:"count"`
}

// Heaps are figures of a stream's heaps.
type Heaps struct {
	// Begun counts heaps of which a packet came, and Complete those that came whole, of which Unsized had
	// no HEAP_LENGTH and NotKept were too much for the memory, so that their items weren't looked at.
	Begun    int64 `json:"begun"`
	Complete int64 `json:"complete"`
	Unsized  int64 `json:"unsized"`
	NotKept  int64 `json:"not_kept"`
	// SinglePacket counts heaps of one packet, and Repeated those with the cnt of one before but other
	// contents.
	SinglePacket int64 `json:"single_packet"`
	Repeated     int64 `json:"repeated_cnt"`
	// Sizes are those of the payload of complete heaps in bytes, and Packets of how many packets they were:
	// of heaps with items but without descriptors, or of all if there are no such.
	Sizes   Sizes `json:"sizes"`
	Packets Sizes `json:"packets"`
	// Incomplete counts heaps of which something is missing, and MissingBytes and MissingPackets how much.
	// Told describes the first of them.
	Incomplete     int64        `json:"incomplete"`
	MissingBytes   int64        `json:"missing_bytes"`
	MissingPackets int64        `json:"missing_packets"`
	Told           []Incomplete `json:"incomplete_heaps,omitempty"`
	// BegunBefore and CutOff count heaps that had begun before the first packet, or hadn't ended at the
	// last, so that nobody knows whether they are whole.
	BegunBefore int64 `json:"begun_before"`
	CutOff      int64 `json:"cut_off"`
	// InProgress is how many heaps a receiver has to be able to have in progress, as others begin while one
	// isn't whole.
	InProgress int64 `json:"in_progress_max"`
	// OutOfOrder counts heaps that began behind one that comes after them, and Distance by how many at
	// most; 64 stands for more as well.
	OutOfOrder int64 `json:"out_of_order"`
	Distance   int64 `json:"out_of_order_distance"`
}

// Incomplete is a heap of which something is missing.
type Incomplete struct {
	Cnt      spead.HeapCnt `json:"cnt"`
	Received int64         `json:"received"`
	// Length is HEAP_LENGTH, -1 if it isn't known.
	Length         int64 `json:"length"`
	MissingPackets int64 `json:"missing_packets"`
}

// Cnts is the sequence of heap cnts.
type Cnts struct {
	First spead.HeapCnt `json:"first"`
	Last  spead.HeapCnt `json:"last"`
	// Step is the distance of consecutive heaps' cnts; 0 if it isn't known.
	Step int64 `json:"step"`
	// Channels is how many sequences there are, if cnts are those of SKA-Low stations.
	Channels int `json:"channels,omitempty"`
	// Missing counts heaps between the first and the last of which nothing came. Gaps are the first of
	// them, and GapsUntold counts the others.
	Missing    int64 `json:"missing"`
	Gaps       []Gap `json:"gaps,omitempty"`
	GapsUntold int64 `json:"gaps_untold"`
	// Restarts counts sequences that began anew, and Odd heaps whose cnt is none of the sequence's.
	Restarts int64 `json:"restarts"`
	Odd      int64 `json:"odd"`
}

// Gap is some heaps in a row that are missing.
type Gap struct {
	First spead.HeapCnt `json:"first"`
	Last  spead.HeapCnt `json:"last"`
	Heaps int64         `json:"heaps"`
	// Channel is that of the sequence, if there are several.
	Channel uint64 `json:"channel,omitempty"`
}

// Item is an item of a stream.
type Item struct {
	ID spead.ItemID `json:"id"`
	// Described counts descriptors, Redescribed those that differ from the one before, and DescriptorError
	// says why the last can't be understood.
	Described       int64  `json:"described"`
	Redescribed     int64  `json:"redescribed"`
	DescriptorError string `json:"descriptor_error,omitempty"`
	Name            string `json:"name,omitempty"`
	Description     string `json:"description,omitempty"`
	Type            string `json:"type,omitempty"`
	Shape           string `json:"shape,omitempty"`
	FortranOrder    bool   `json:"fortran_order,omitempty"`
	// Heaps counts values, Immediate says that all came in item pointers, and Lengths are in bytes.
	Heaps     int64 `json:"heaps"`
	Immediate bool  `json:"immediate"`
	Lengths   Sizes `json:"lengths"`
	// Value is the latest value, shortened, and Number the same of an immediate.
	Value  string  `json:"value,omitempty"`
	Number *uint64 `json:"number,omitempty"`
	// Changed counts values that differ from the one before: of long ones only both ends are compared.
	Changed   int64     `json:"changed"`
	Behaviour Behaviour `json:"behaviour"`
}

// Kind is how a value changes from heap to heap.
type Kind string

// The kinds.
const (
	// Never: there was no value.
	Never Kind = "never"
	// Once: there was one.
	Once Kind = "once"
	// Constant: it was always the same.
	Constant Kind = "constant"
	// Counter: it grows, or falls, by the same from heap to heap.
	Counter Kind = "counter"
	// Rises: it never falls, but hardly ever, and grows by multiples of a step.
	Rises Kind = "rises"
	// OneOf: it is one of a few values.
	OneOf Kind = "one_of"
	// Varies: none of these.
	Varies Kind = "varies"
)

// Behaviour is how an item's value changes.
type Behaviour struct {
	Kind   Kind  `json:"kind"`
	Values int64 `json:"values"`
	// Min and Max are of values that are looked at as unsigned numbers: of up to 8 bytes.
	Min uint64 `json:"min"`
	Max uint64 `json:"max"`
	// Step is by how much a counter grows from heap to heap, or what divides all its changes.
	Step float64 `json:"step,omitempty"`
	// PerSecond is how fast it grows.
	PerSecond float64 `json:"per_second,omitempty"`
	// OneOf are the values if they are few.
	OneOf []uint64 `json:"one_of,omitempty"`
	// JumpCount counts where a counter didn't go on as it should, and Jumps are the first of them.
	JumpCount int64  `json:"jump_count"`
	Jumps     []Jump `json:"jumps,omitempty"`
}

// Jump is where a counter didn't go on as it should.
type Jump struct {
	// Cnt is the heap's.
	Cnt  uint64 `json:"cnt"`
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
	// Expected is what should have been there; 0 if it isn't known.
	Expected uint64    `json:"expected,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// Place is where datagrams are sent to: a socket, or a destination in a capture.
type Place struct {
	Address netip.AddrPort `json:"address"`
	Packets int64          `json:"packets"`
	Bytes   int64          `json:"bytes"`
	// Buffer is the size in bytes of the socket's receive buffer, 0 if it isn't known.
	Buffer int `json:"buffer,omitempty"`
	// KernelDrops and QueueDrops count datagrams that were dropped at the socket, and because the
	// inspection was too slow.
	KernelDrops int64 `json:"kernel_drops"`
	QueueDrops  int64 `json:"queue_drops"`
	Fragmented  int64 `json:"fragmented"`
	// Foreign counts frames of captures that are none of ours.
	Foreign           int64 `json:"foreign"`
	Skipped           int64 `json:"skipped_bytes"`
	Connections       int64 `json:"connections"`
	ConnectionsFailed int64 `json:"connections_failed"`
	TooLong           int64 `json:"too_long"`
	Empty             int64 `json:"empty"`
}

// Loss is what is missing of all streams, and why.
type Loss struct {
	// Heaps counts heaps of which nothing came, Incomplete those of which something is missing, and Packets
	// what is missing of both in packets; Exact says that it isn't an estimate.
	Heaps      int64 `json:"heaps"`
	Incomplete int64 `json:"incomplete"`
	Packets    int64 `json:"packets"`
	Exact      bool  `json:"exact"`
	// KernelDrops of Packets, or more, were dropped at the sockets as their buffers were full; QueueDrops
	// were read but left out as the inspection was too slow; Before didn't arrive at all.
	KernelDrops int64 `json:"kernel_drops"`
	QueueDrops  int64 `json:"queue_drops"`
	Before      int64 `json:"before_arrival"`
	// Capture is what the capture says of itself that is missing in it. It isn't in Before.
	Capture CaptureLoss `json:"capture_drops"`
	// Causes are those that there were.
	Causes []Cause `json:"causes"`
}

// CaptureLoss is what the statistics of captures say that is missing in them.
type CaptureLoss struct {
	// System counts packets that the system which captured had no room for, Device those that its network
	// device had no room for, anybody's, and Writer those that weren't written.
	System int64 `json:"system"`
	Device int64 `json:"device"`
	Writer int64 `json:"writer"`
}

// Cause is why packets are missing.
type Cause string

// The causes.
const (
	// SocketBuffer: the kernel dropped them, as the socket's receive buffer was full.
	SocketBuffer Cause = "socket_buffer"
	// Queue: the inspection didn't keep up.
	Queue Cause = "queue"
	// Capturing: whoever wrote the capture lost them, and says so in it.
	Capturing Cause = "capturing"
	// BeforeArrival: they didn't arrive: the sender or the network lost them, or who wrote the capture.
	BeforeArrival Cause = "before_arrival"
)

// Stranger is a sender of datagrams that aren't SPEAD, or that aren't whole.
type Stranger struct {
	Source      netip.AddrPort `json:"source"`
	Destination netip.AddrPort `json:"destination"`
	Packets     int64          `json:"packets"`
	Bytes       int64          `json:"bytes"`
	// Refused counts them by reason, and Sample is how the first begins, in hexadecimal.
	Refused map[string]int64 `json:"refused"`
	Sample  string           `json:"sample,omitempty"`
}
