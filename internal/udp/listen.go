// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"net/netip"
)

// Listen opens the socket that NewReceiver would use, for somebody else to receive with, and tells the
// size in bytes of the buffer that the kernel granted. Errors are those of NewReceiver.
func Listen(cfg ReceiverConfig) (conn *net.UDPConn, bufferSize int, err error) {
	if cfg, err = cfg.withDefaults(); err != nil {
		return nil, 0, err
	}
	if conn, err = cfg.open(); err != nil {
		return nil, 0, err
	}
	if bufferSize, err = cfg.setBuffer(conn); err != nil && cfg.Conn == nil {
		conn.Close()
	}
	return conn, bufferSize, err
}

// LocalAddr is the address that a socket is bound to, IPv4 addresses as such.
func LocalAddr(conn *net.UDPConn) netip.AddrPort { return localAddr(conn) }

// setBuffer gives a socket the receive buffer that was configured.
func (c *ReceiverConfig) setBuffer(conn *net.UDPConn) (granted int, err error) {
	if c.BufferSize == 0 {
		return setDefaultReceiveBuffer(conn)
	}
	return setReceiveBuffer(conn, c.BufferSize)
}

// Join makes this machine a member of a multicast group, at an interface as ParseInterface reads it, for
// as long as the connection that it returns is open, on which nothing comes. Errors are those of
// NewReceiver.
func Join(group netip.Addr, device string, senders []netip.Addr) (*net.UDPConn, error) {
	inlet, err := groupInterface(group, device)
	if err != nil {
		return nil, err
	}
	if senders, err = checkSenders(group, senders); err != nil {
		return nil, err
	}
	local := netip.IPv6Unspecified()
	if group.Is4() {
		local = netip.IPv4Unspecified()
	}
	conn, err := listen(netip.AddrPortFrom(local, 0))
	if err != nil {
		return nil, err
	}
	if err := joinFrom(conn, group, inlet, senders); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}
