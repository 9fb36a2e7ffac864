// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

// Received is what came of a run.
type Received struct {
	// Heaps counts those of the run that came whole, each once; Repeated those that came again, Differing
	// those with other contents, and Foreign those of no heap of the run.
	Heaps     int64 `json:"heaps"`
	Repeated  int64 `json:"heaps_repeated"`
	Differing int64 `json:"heaps_differing"`
	Foreign   int64 `json:"heaps_foreign"`
	// Begun counts heaps of which something came. Discarded and Refused count heaps and packets by the
	// reasons that package recv has.
	Begun     int64            `json:"heaps_begun"`
	Discarded map[string]int64 `json:"heaps_discarded"`
	Packets   int64            `json:"packets"`
	Refused   map[string]int64 `json:"packets_refused"`
	// KernelDrops is how often the socket's buffer had no room. Packets that offloads have joined to one
	// message are dropped together, and count once.
	KernelDrops   int64 `json:"kernel_drops"`
	Fragmented    int64 `json:"packets_fragmented"`
	ReceiveBuffer int64 `json:"receive_buffer"`
	// Processor is the processor time that the agent used, in seconds; 0 where it can't be told.
	Processor float64 `json:"cpu_seconds"`
}

// check refuses what can't be.
func (r *Received) check() error {
	const most = 1 << 48
	for _, n := range []int64{r.Heaps, r.Repeated, r.Differing, r.Foreign, r.Begun, r.Packets, r.KernelDrops} {
		if n < 0 || n > most {
			return fmt.Errorf("the agent counted %d", n)
		}
	}
	return nil
}

// note takes over a stream's statistics.
func (r *Received) note(s *recv.Stats) {
	r.Begun, r.Packets = s.HeapsBegun-s.HeapsBegunAgain, s.PacketsSeen
	r.KernelDrops, r.Fragmented, r.ReceiveBuffer = s.KernelDrops, s.Fragmented, s.ReceiveBuffer
	r.Discarded, r.Refused = map[string]int64{}, map[string]int64{}
	for reason, n := range s.HeapsDiscarded.All() {
		if n > 0 {
			r.Discarded[reason.String()] = n
		}
	}
	for reason, n := range s.Refused.All() {
		if n > 0 {
			r.Refused[reason.String()] = n
		}
	}
}

// Sent is what left in a run.
type Sent struct {
	Heaps         int64   `json:"heaps"`
	Packets       int64   `json:"packets"`
	Messages      int64   `json:"messages"`
	Bytes         int64   `json:"bytes"`
	Seconds       float64 `json:"seconds"`
	FailedHeaps   int64   `json:"heaps_failed"`
	FailedPackets int64   `json:"packets_failed"`
	// Waits counts how often the socket's buffer was full, so that the sender waited.
	Waits int64 `json:"waits"`
	// Processor is the processor time that the controller used, in seconds; 0 where it can't be told.
	Processor float64 `json:"cpu_seconds"`
}

func (s *Sent) note(st *send.Stats) {
	s.Heaps, s.Packets, s.Bytes = st.Heaps, st.Packets, st.Bytes
	s.FailedHeaps, s.FailedPackets, s.Waits = st.FailedHeaps, st.FailedPackets, st.Transport.Waits
	s.Messages = st.Transport.Messages
}

// Rate is bytes of packets per second.
func (s *Sent) Rate() float64 {
	if s.Seconds <= 0 {
		return 0
	}
	return float64(s.Bytes) / s.Seconds
}

// Loss is what was lost in a run, by reason.
type Loss struct {
	// Heaps is all that didn't come whole and right of what was to be sent: the sum of the four below.
	Heaps int64 `json:"heaps"`
	// Unsent failed at the sender, NeverSeen left whole but nothing came of it, Incomplete came in part, or
	// was discarded, and Differing came with other contents.
	Unsent     int64 `json:"heaps_unsent"`
	NeverSeen  int64 `json:"heaps_never_seen"`
	Incomplete int64 `json:"heaps_incomplete"`
	Differing  int64 `json:"heaps_differing"`
	// Dropped counts packets that the agent's kernel had no room for, Refused those that the agent's
	// stream refused, by reason, and Astray those that left and never came to the agent's socket. Where
	// packets travel joined to messages, the kernel counts messages: as many packets are taken to be
	// dropped as messages can hold, so that Astray is rather too small.
	Dropped int64            `json:"packets_dropped_by_kernel"`
	Refused map[string]int64 `json:"packets_refused"`
	Astray  int64            `json:"packets_astray"`
}

// newLoss finds out where what was sent has gone.
func newLoss(s *Sent, r *Received) Loss {
	l := Loss{
		Unsent: s.FailedHeaps, Differing: r.Differing, Dropped: max(0, r.KernelDrops), Refused: r.Refused,
	}
	if absent := max(0, s.Packets-r.Packets); r.KernelDrops > 0 {
		perMessage := int64(1)
		if s.Messages > 0 {
			perMessage = (s.Packets + s.Messages - 1) / s.Messages
		}
		l.Dropped = min(absent, min(r.KernelDrops, absent)*perMessage)
		l.Astray = absent - l.Dropped
	} else {
		l.Astray = absent
	}
	missing := max(0, s.Heaps-r.Heaps-r.Differing)
	l.NeverSeen = min(missing, max(0, s.Heaps-(r.Begun-r.Foreign)))
	l.Incomplete = missing - l.NeverSeen
	l.Heaps = missing + l.Unsent + l.Differing
	return l
}

// String says what was lost and why; empty: nothing was.
func (l Loss) String() string {
	var parts []string
	add := func(n int64, format string, args ...any) {
		what := fmt.Sprintf(format, args...)
		if n == 1 {
			what = strings.NewReplacer("heaps ", "heap ", "packets ", "packet ", "differ", "differs").Replace(what)
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(l.Heaps, "heaps lost")
	add(l.Unsent, "could not be sent")
	add(l.NeverSeen, "never seen")
	add(l.Incomplete, "incomplete")
	add(l.Differing, "differ")
	add(l.Dropped, "packets dropped by the agent's kernel (its socket buffer was full)")
	add(l.Astray, "packets lost between the two sockets")
	for _, reason := range slices.Sorted(maps.Keys(l.Refused)) {
		add(l.Refused[reason], "packets refused as %.40s", reason)
	}
	return strings.Join(parts, ", ")
}
