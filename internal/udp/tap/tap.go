// SPDX-License-Identifier: Apache-2.0

package tap

import "net/netip"

// Config configures New.
type Config struct {
	// GRO has the kernel join datagrams where it can: less work, but one time for all that were joined.
	// Default false.
	GRO bool
	// Nap lets datagrams queue up for a moment when few have come, which saves system calls. The sockets'
	// buffers have to hold what comes in a millisecond. Default false.
	Nap bool
}

// Datagram is one that arrived.
type Datagram struct {
	// Payload is valid until the next Read. It may be empty.
	Payload []byte
	// From and To are its addresses. Where the system doesn't tell, To is what the socket is bound to.
	From, To netip.AddrPort
	// Nanos is when it arrived, in nanoseconds since 1970.
	Nanos int64
	// Socket is the number of the socket that it came to, in the order given to New.
	Socket int
}
