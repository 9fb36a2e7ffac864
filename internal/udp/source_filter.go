// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/gospead/spead"
)

// joinFrom makes a socket a member of a group for what comes from some senders (source-specific
// multicast, RFC 4607), or from any if there are none given.
func joinFrom(conn *net.UDPConn, group netip.Addr, inlet *net.Interface, senders []netip.Addr) error {
	if len(senders) == 0 {
		return join(conn, group, inlet)
	}
	address := &net.UDPAddr{IP: group.WithZone("").AsSlice()}
	joinSource := ipv4.NewPacketConn(conn).JoinSourceSpecificGroup
	if group.Is6() {
		joinSource = ipv6.NewPacketConn(conn).JoinSourceSpecificGroup
	}
	for _, sender := range senders {
		if err := joinSource(inlet, address, &net.UDPAddr{IP: sender.WithZone("").AsSlice()}); err != nil {
			return fmt.Errorf("join %v from %v at %s: %w", group, sender, interfaceName(inlet), err)
		}
	}
	return nil
}

// checkSenders checks the senders of a group, and returns them with IPv4 addresses as such.
func checkSenders(group netip.Addr, senders []netip.Addr) ([]netip.Addr, error) {
	plain := make([]netip.Addr, 0, len(senders))
	for _, sender := range senders {
		a := sender.Unmap()
		if !group.IsMulticast() {
			return nil, &spead.FieldError{Field: "Senders", Value: sender, Allowed: "nothing, unless Address is a multicast group"}
		}
		if !a.IsValid() || a.IsMulticast() || a.IsUnspecified() || a.Is4() != group.Is4() {
			return nil, &spead.FieldError{Field: "Senders", Value: sender, Allowed: "unicast addresses of the group's IP version"}
		}
		plain = append(plain, a)
	}
	return plain, nil
}
