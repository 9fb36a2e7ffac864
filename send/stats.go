// SPDX-License-Identifier: Apache-2.0

package send

import "sync/atomic"

// Stats is what a stream has done since it was made. Counters only grow, but for HeapsInFlight.
type Stats struct {
	// Batches, Heaps, Packets and Bytes count what left: heaps of which every packet did, and the bytes
	// of packets, headers included.
	Batches, Heaps, Packets, Bytes int64
	// FailedHeaps and FailedPackets count what didn't leave, or not whole.
	FailedHeaps, FailedPackets int64
	// Writes counts calls of the transport; each takes a batch of packets.
	Writes int64
	// HeapsInFlight is how many heaps are queued or being sent.
	HeapsInFlight int
	// Transport tells of the system calls behind all this.
	Transport TransportStats
}

// counters are written by the sender alone and may be read by anybody.
type counters struct {
	batches, heaps, packets, bytes, failedHeaps, failedPackets, writes atomic.Int64
}

func (c *counters) snapshot() Stats {
	return Stats{
		Batches:       c.batches.Load(),
		Heaps:         c.heaps.Load(),
		Packets:       c.packets.Load(),
		Bytes:         c.bytes.Load(),
		FailedHeaps:   c.failedHeaps.Load(),
		FailedPackets: c.failedPackets.Load(),
		Writes:        c.writes.Load(),
	}
}
