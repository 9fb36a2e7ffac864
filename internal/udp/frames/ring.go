// SPDX-License-Identifier: Apache-2.0

package frames

import (
	"net/netip"
	"time"
)

// Settles is after what time at most a frame that has come can be read: what the kernel takes to hand
// over a block that isn't full, and as much again for its timer.
const Settles = 50 * time.Millisecond

// Config configures Open.
type Config struct {
	// Device is the index of the network device. At least 1; there is no default.
	Device int
	// Endpoints are where datagrams go that are wanted; an unspecified address and port 0 stand for any.
	// At least one.
	Endpoints []netip.AddrPort
	// Bytes is the size of the ring. Default (0) 64 MiB.
	Bytes int
}

// Frame is an Ethernet frame.
type Frame struct {
	// Data is the frame, valid until the next Read.
	Data []byte
	// Nanos is when it came, in nanoseconds since 1970.
	Nanos int64
	// Segment is the size of the payloads of the datagrams that Data was joined of, 0 if it is one.
	Segment int
	// Tag is the VLAN tag that belongs behind the hardware addresses, with its ethertype in the upper
	// half; 0 if there is none.
	Tag uint32
	// Length is how long the frame was: more than Data holds if the kernel cut it.
	Length int
}
