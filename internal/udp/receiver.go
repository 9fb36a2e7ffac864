// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"net/netip"
	"time"

	"github.com/gospead/spead"
)

const (
	// DefaultReceiveBuffer is the receive buffer's size in bytes, as in spead2.
	DefaultReceiveBuffer = 8 << 20
	// privilegedReceiveBuffer is the size by default where privilege lifts the kernel's limit: what
	// comes in 50 ms at 10 Gb/s, while 8 MiB hold out for less than a scheduler may keep a process
	// waiting.
	privilegedReceiveBuffer = 64 << 20
	// defaultPacketMax is the largest datagram in bytes, as in spead2.
	defaultPacketMax = 9200
	packetMaxLimit   = 65535
)

// ReceiverConfig configures NewReceiver.
type ReceiverConfig struct {
	// Address is what to listen on: an address of this machine, the unspecified one, or a multicast
	// group, which is joined, and which several sockets may listen on at once. With port 0 the kernel
	// chooses a port. There is no default.
	Address netip.AddrPort
	// Interface is where a multicast group is joined, as ParseInterface reads it. Only for groups.
	// Default (empty): the zone of Address, or else the kernel chooses.
	Interface string
	// Senders are whose datagrams a group is joined for (source-specific multicast). Only for groups.
	// Default (none): everybody's.
	Senders []netip.Addr
	// Conn is a socket to use, as it is, instead of a new one; Address, Interface and Senders must have
	// their zero values. Default (nil): a new socket.
	Conn *net.UDPConn
	// BufferSize is the size of the socket's receive buffer in bytes. The kernel may grant less.
	// Default (0) 8 MiB, or 64 MiB with the privilege to exceed net.core.rmem_max, or that of Conn;
	// negative leaves the kernel's own default.
	BufferSize int
	// MaxPacketSize is the largest datagram in bytes; longer ones are dropped and counted. 1 to 65535;
	// default (0) 9200.
	MaxPacketSize int
	// GRO is receive offload, which takes 4 MiB of memory. Default OffloadAuto.
	GRO Offload
	// sockets is how many sockets share the port. Default (0) 1.
	sockets int
}

// Receiver receives the datagrams of one UDP socket.
type Receiver struct {
	batch      *batchReceiver
	local      netip.AddrPort
	counters   ReceiverCounters
	bufferSize int
}

// NewReceiver opens a socket, which is bound when NewReceiver returns. Errors: *spead.FieldError for
// what the configuration got wrong, or the system's; cfg.Conn is still the caller's then.
func NewReceiver(cfg ReceiverConfig) (*Receiver, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	conn, err := cfg.open()
	if err != nil {
		return nil, err
	}
	r := &Receiver{local: localAddr(conn)}
	if err := r.setUp(conn, cfg); err != nil {
		if cfg.Conn == nil {
			conn.Close()
		}
		return nil, err
	}
	return r, nil
}

// open returns a socket that is bound and has joined the group, if it is one.
func (c *ReceiverConfig) open() (*net.UDPConn, error) {
	switch {
	case c.Conn != nil:
		return c.Conn, nil
	case c.sockets > 1:
		return listenShared(c.Address, c.sockets)
	case !c.Address.Addr().IsMulticast():
		return listen(c.Address)
	}
	inlet, err := groupInterface(c.Address.Addr(), c.Interface)
	if err != nil {
		return nil, err
	}
	conn, err := listenGroup(c.Address, inlet)
	if err != nil {
		return nil, err
	}
	if err := joinFrom(conn, c.Address.Addr(), inlet, c.Senders); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// setUp sets the socket's options and makes it the receiver's.
func (r *Receiver) setUp(conn *net.UDPConn, cfg ReceiverConfig) (err error) {
	if r.bufferSize, err = cfg.setBuffer(conn); err != nil {
		return err
	}
	if r.batch, err = newBatchReceiver(conn, cfg.MaxPacketSize, cfg.GRO, &r.counters); err != nil || !pollable {
		return err
	}
	return conn.Close() // the batch receiver has its own descriptor of the socket
}

// ReadBatch waits for at least one message and appends the datagrams that have arrived to dst. It
// may append none, if all that has arrived was too long or empty; Counters tells. The datagrams
// belong to the Receiver and are valid until the next ReadBatch. Close makes it return
// net.ErrClosed. One goroutine at a time may call it.
func (r *Receiver) ReadBatch(dst [][]byte) ([][]byte, error) { return r.batch.read(dst) }

// Pollable says whether TryReadBatch and Wait may be used.
func (r *Receiver) Pollable() bool { return pollable }

// TryReadBatch is ReadBatch without waiting: it may append nothing. Preconditions: Pollable.
func (r *Receiver) TryReadBatch(dst [][]byte) ([][]byte, error) { return r.batch.tryRead(dst) }

// Wait waits until there is something to read, or something to be told by TryReadBatch. Close makes
// it return net.ErrClosed. It may be called while another goroutine is in TryReadBatch.
// Preconditions: Pollable.
func (r *Receiver) Wait() error { return r.batch.wait() }

// WaitFor is Wait for at most d, which is rounded to milliseconds.
func (r *Receiver) WaitFor(d time.Duration) { r.batch.waitFor(d) }

// Origins says where the datagrams of the last batch came from, in their order. It is valid until the
// next batch is read.
func (r *Receiver) Origins() []Origin { return r.batch.origins.list }

// Refresh brings Counters.KernelDrops up to date, with what no datagram has reported yet. Only the
// goroutine that reads batches may call it.
func (r *Receiver) Refresh() { _ = r.batch.refresh() }

// Close closes the socket, leaves its group, and makes a waiting ReadBatch return. Any goroutine may
// call it, more than once.
func (r *Receiver) Close() error { return r.batch.close() }

// LocalAddr is the address that the socket is bound to, with the port that the kernel chose if none
// was configured.
func (r *Receiver) LocalAddr() netip.AddrPort { return r.local }

// BufferSize is the size in bytes of the receive buffer that the kernel granted; 0 if it was left
// alone where it can't be asked.
func (r *Receiver) BufferSize() int { return r.bufferSize }

// GRO says whether receive offload is in use.
func (r *Receiver) GRO() bool { return r.batch.gro() }

// Counters gives the figures up to the last ReadBatch. Only the goroutine that calls ReadBatch may
// call it.
func (r *Receiver) Counters() ReceiverCounters { return r.counters }

// withDefaults checks c and returns it with the defaults filled in and IPv4 addresses as such.
func (c ReceiverConfig) withDefaults() (ReceiverConfig, error) {
	if err := checkShared(c.BufferSize, "GRO", c.GRO); err != nil {
		return c, err
	}
	if err := c.useAddress(); err != nil {
		return c, err
	}
	if c.MaxPacketSize < 0 || c.MaxPacketSize > packetMaxLimit {
		return c, &spead.FieldError{Field: "MaxPacketSize", Value: c.MaxPacketSize, Allowed: "1 to 65535, or 0 for 9200"}
	}
	if c.MaxPacketSize == 0 {
		c.MaxPacketSize = defaultPacketMax
	}
	if c.Conn != nil && c.BufferSize == 0 {
		c.BufferSize = -1
	}
	return c, nil
}

// useAddress checks where datagrams come from, and gives IPv4 addresses as such.
func (c *ReceiverConfig) useAddress() (err error) {
	switch {
	case c.Conn != nil && c.Address.IsValid():
		return &spead.FieldError{Field: "Address", Value: c.Address, Allowed: "nothing, as Conn has one"}
	case c.Conn == nil && !c.Address.IsValid():
		return &spead.FieldError{Field: "Address", Value: c.Address, Allowed: "an IP address with a port"}
	}
	c.Address = unmapped(c.Address)
	if c.Interface != "" && !c.Address.Addr().IsMulticast() {
		return &spead.FieldError{Field: "Interface", Value: c.Interface, Allowed: "nothing, unless Address is a multicast group"}
	}
	c.Senders, err = checkSenders(c.Address.Addr(), c.Senders)
	return err
}
