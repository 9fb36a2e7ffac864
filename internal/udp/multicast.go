// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/gospead/spead"
)

// ParseInterface finds a network interface by its name, one of its IP addresses, or its index, tried
// in that order. It returns nil, which leaves the choice to the kernel, for an empty text, an
// unspecified address and index 0. Errors: *spead.FieldError if there is no such interface, or the
// system's.
func ParseInterface(text string) (*net.Interface, error) {
	if text == "" {
		return nil, nil
	}
	if found, err := net.InterfaceByName(text); err == nil {
		return found, nil
	}
	if address, err := netip.ParseAddr(text); err == nil {
		return interfaceByAddress(address)
	}
	index, err := strconv.Atoi(text)
	if err == nil && index == 0 {
		return nil, nil
	}
	if err == nil {
		if found, err := net.InterfaceByIndex(index); err == nil {
			return found, nil
		}
	}
	return nil, unknownInterface(text)
}

func unknownInterface(text string) error {
	return &spead.FieldError{Field: "Interface", Value: text,
		Allowed: "the name, an address or the index of a network interface"}
}

// interfaceByAddress finds the interface that has an address. A zone tells interfaces apart that have
// the same one.
func interfaceByAddress(address netip.Addr) (*net.Interface, error) {
	if address.IsUnspecified() {
		return nil, nil
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	wanted := address.Unmap().WithZone("")
	for i := range interfaces {
		if isZone(&interfaces[i], address.Zone()) && hasAddress(&interfaces[i], wanted) {
			return &interfaces[i], nil
		}
	}
	return nil, unknownInterface(address.String())
}

func isZone(ifi *net.Interface, zone string) bool {
	return zone == "" || zone == ifi.Name || zone == strconv.Itoa(ifi.Index)
}

func hasAddress(ifi *net.Interface, wanted netip.Addr) bool {
	addresses, err := ifi.Addrs()
	if err != nil {
		return false // it may have gone in the meantime
	}
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().WithZone("") == wanted {
			return true
		}
	}
	return false
}

// groupInterface is where a group is to be joined: the interface that text names, or that of the
// group's zone, or nil. An IPv6 group that is local to a link or to an interface needs one: Linux
// doesn't bind to it otherwise.
func groupInterface(group netip.Addr, text string) (*net.Interface, error) {
	name := text
	if name == "" {
		name = group.Zone()
	}
	inlet, err := ParseInterface(name)
	if err != nil {
		return nil, err
	}
	if zone := group.Zone(); zone != "" && (inlet == nil || !isZone(inlet, zone)) {
		return nil, &spead.FieldError{Field: "Interface", Value: text, Allowed: "the zone of Address, " + zone}
	}
	local := group.IsLinkLocalMulticast() || group.IsInterfaceLocalMulticast()
	if inlet == nil && group.Is6() && local {
		return nil, &spead.FieldError{Field: "Interface", Value: text, Allowed: "an interface, for a group with this scope"}
	}
	return inlet, nil
}

// join makes a socket a member of a group, at an interface or, if that is nil, where the kernel finds
// a route to the group.
func join(conn *net.UDPConn, group netip.Addr, inlet *net.Interface) error {
	address := &net.UDPAddr{IP: group.WithZone("").AsSlice()}
	var err error
	if group.Is4() {
		err = ipv4.NewPacketConn(conn).JoinGroup(inlet, address)
	} else {
		err = ipv6.NewPacketConn(conn).JoinGroup(inlet, address)
	}
	if err != nil {
		return fmt.Errorf("join %v at %s: %w", group, interfaceName(inlet), err)
	}
	return nil
}

func interfaceName(ifi *net.Interface) string {
	if ifi == nil {
		return "the default interface"
	}
	return ifi.Name
}

// setMulticastOutlet says where multicast leaves, unless outlet is nil, and how far it may go, unless
// ttl is 0. Systems' own default is one hop.
func setMulticastOutlet(conn *net.UDPConn, outlet *net.Interface, ttl int) error {
	setInterface, setTTL := multicastSetters(conn)
	if outlet != nil {
		if err := setInterface(outlet); err != nil {
			return fmt.Errorf("send multicast through %s: %w", outlet.Name, err)
		}
	}
	if ttl != 0 {
		if err := setTTL(ttl); err != nil {
			return fmt.Errorf("set the multicast hop limit to %d: %w", ttl, err)
		}
	}
	return nil
}

func multicastSetters(conn *net.UDPConn) (setInterface func(*net.Interface) error, setTTL func(int) error) {
	if localAddr(conn).Addr().Is4() {
		p := ipv4.NewPacketConn(conn)
		return p.SetMulticastInterface, p.SetMulticastTTL
	}
	p := ipv6.NewPacketConn(conn)
	return p.SetMulticastInterface, p.SetMulticastHopLimit
}

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
