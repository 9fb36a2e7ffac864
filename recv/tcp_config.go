// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"net"
	"net/netip"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/framing"
)

const (
	defaultTCPMaxPacketSize = 65536
	defaultTCPMaxOpen       = 64
	tcpMaxOpenLimit         = 4096
	// defaultTCPBuffer holds more than comes in a scheduler's absence, so that the peer needn't wait.
	defaultTCPBuffer = 4 << 20
)

// TCPConfig configures Stream.AddTCP.
type TCPConfig struct {
	// Address is what to listen on: an address of this machine or the unspecified one. With port 0 the
	// kernel chooses; see Stream.Addrs. There is no default; zero if Listener is given.
	Address netip.AddrPort
	// Listener is a listener to use instead of a new one, of any kind. It is the stream's from then on,
	// which closes it. Default (nil): a new listener.
	Listener net.Listener
	// Connections is how many connections are taken in all. After the last one, the listener is closed;
	// when all have ended, the source has. Default (0) 1, as in spead2; negative: any number, and the
	// source ends with the stream.
	Connections int
	// MaxOpen is how many connections may be open at a time; others wait in the kernel. Each takes 1 MiB
	// of memory, or two largest packets if that is more. 1 to 4096; default (0) 64.
	MaxOpen int
	// BufferSize is the size of each connection's receive buffer in bytes; the kernel may give less.
	// Default (0) 4 MiB; negative: the kernel adapts it to the connection.
	BufferSize int
	// MaxPacketSize is the largest packet in bytes. Longer ones are skipped and counted. 1 to 16777216
	// (16 MiB); default (0) 65536.
	MaxPacketSize int
}

// withDefaults checks c and returns it with the defaults filled in.
func (c TCPConfig) withDefaults() (TCPConfig, error) {
	if err := c.check(); err != nil {
		return c, err
	}
	setDefault(&c.Connections, 1)
	setDefault(&c.MaxOpen, defaultTCPMaxOpen)
	setDefault(&c.BufferSize, defaultTCPBuffer)
	setDefault(&c.MaxPacketSize, defaultTCPMaxPacketSize)
	return c, nil
}

func (c *TCPConfig) check() error {
	field := func(name string, value any, allowed string) error {
		return &spead.FieldError{Field: "recv.TCPConfig." + name, Value: value, Allowed: allowed}
	}
	switch {
	case c.Listener == nil && (!c.Address.IsValid() || c.Address.Addr().IsMulticast()):
		return field("Address", c.Address, "a unicast IP address with a port")
	case c.Listener != nil && c.Address.IsValid():
		return field("Address", c.Address, "nothing, as Listener has one")
	case c.MaxOpen < 0 || c.MaxOpen > tcpMaxOpenLimit:
		return field("MaxOpen", c.MaxOpen, "1 to 4096, or 0 for 64")
	case c.BufferSize > 1<<30-1:
		return field("BufferSize", c.BufferSize, "at most 1073741823 bytes")
	case c.MaxPacketSize < 0 || c.MaxPacketSize > framing.PacketLimit:
		return field("MaxPacketSize", c.MaxPacketSize, "1 to 16777216, or 0 for 65536")
	}
	return nil
}
