// SPDX-License-Identifier: Apache-2.0

package arrivals

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// bufferBytes is what the socket is to hold while nobody reads. Without privilege it gets less.
const bufferBytes = 64 << 20

// Arrival is a packet, or several that arrived as one message.
type Arrival struct {
	// Nanos is when, in nanoseconds since 1970.
	Nanos int64
	// Bytes are those of UDP payload.
	Bytes int
	// Packets is how many datagrams they are.
	Packets int
}

// Meter is a socket whose arrivals are noted.
type Meter struct {
	conn *net.UDPConn
	// Arrivals are those that Record has noted, in order.
	Arrivals []Arrival
	// Dropped is how many messages the kernel had no room for, as far as it has told: it tells with the
	// next message that it takes.
	Dropped uint32
	// Processor is how much processor time Record took.
	Processor time.Duration
}

// New opens a meter at an IPv4 loopback port that the system chooses.
func New() (*Meter, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	m := &Meter{conn: conn}
	if err := m.prepare(); err != nil {
		conn.Close()
		return nil, err
	}
	return m, nil
}

// Addr is where to send to.
func (m *Meter) Addr() netip.AddrPort { return m.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Close closes the socket. It may be called more than once, but not during Record.
func (m *Meter) Close() error {
	if err := m.conn.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
