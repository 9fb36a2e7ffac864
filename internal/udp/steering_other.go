// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package udp

import (
	"net"
	"net/netip"

	"github.com/gospead/spead"
)

// listenShared isn't reached: there is one socket to a port.
func listenShared(local netip.AddrPort, _ int) (*net.UDPConn, error) { return listen(local) }

// NewReceivers opens one socket: these systems can't divide heaps among several.
func NewReceivers(cfg ReceiverConfig, sockets int) ([]*Receiver, error) {
	if sockets != 1 {
		return nil, &spead.FieldError{Field: "Sockets", Value: sockets, Allowed: "1 on this system"}
	}
	r, err := NewReceiver(cfg)
	if err != nil {
		return nil, err
	}
	return []*Receiver{r}, nil
}
