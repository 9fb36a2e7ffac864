// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"testing"
)

// loopbackInterface is this machine's loopback interface.
func loopbackInterface(t *testing.T) *net.Interface {
	t.Helper()
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(interfaces, func(ifi net.Interface) bool {
		return ifi.Flags&net.FlagLoopback != 0 && ifi.Flags&net.FlagUp != 0
	})
	if i < 0 {
		t.Fatal("there is no loopback interface")
	}
	return &interfaces[i]
}

func TestMulticastOverLoopbackReachesAllMembers(t *testing.T) {
	lo := loopbackInterface(t)
	for _, outlet := range []string{lo.Name, "127.0.0.1", strconv.Itoa(lo.Index)} {
		for _, offload := range []Offload{OffloadAuto, OffloadOff} {
			group := netip.MustParseAddrPort("239.255.11.7:0")
			first := newTestReceiver(t, ReceiverConfig{Address: group, Interface: outlet, GRO: offload})
			group = netip.AddrPortFrom(group.Addr(), first.LocalAddr().Port())
			second := newTestReceiver(t, ReceiverConfig{Address: group, Interface: outlet, GRO: offload})
			s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{group}, Interface: outlet, TTL: 2, GSO: offload})
			checkMulticast(t, s, first, second)
		}
	}
}

func checkMulticast(t *testing.T, s *Sender, receivers ...*Receiver) {
	t.Helper()
	sent := datagrams(newRandom(t), slices.Repeat([]int{1200, 1200, 1100}, 10)...)
	writeAll(t, s.WriteBatch, sent)
	for _, r := range receivers {
		expect(t, r.ReadBatch, sent)
	}
}

// TestMulticastInIPv6 uses groups that never leave the machine. Loopback interfaces often have no
// route for IPv6 multicast, so that any interface will do, the loopback one first.
func TestMulticastInIPv6(t *testing.T) {
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, ifi := range interfaces {
		if ifi.Flags&net.FlagUp == 0 || !carriesIPv6Multicast(ifi) {
			continue
		}
		tried++
		zoned := netip.MustParseAddr("ff01::11:7").WithZone(ifi.Name)
		first := newTestReceiver(t, ReceiverConfig{Address: netip.AddrPortFrom(zoned, 0)})
		port := first.LocalAddr().Port()
		second := newTestReceiver(t, ReceiverConfig{
			Address: netip.AddrPortFrom(zoned.WithZone(""), port), Interface: strconv.Itoa(ifi.Index)})
		checkMulticast(t, newTestSender(t, SenderConfig{
			Endpoints: []netip.AddrPort{netip.AddrPortFrom(zoned.WithZone(""), port)}, Interface: ifi.Name, TTL: 1}), first, second)
		checkMulticast(t, newTestSender(t, SenderConfig{
			Endpoints: []netip.AddrPort{netip.AddrPortFrom(zoned, port)}}), first, second)
	}
	if tried == 0 {
		t.Skip("needs an interface that carries IPv6 multicast")
	}
}

// carriesIPv6Multicast says whether the system sends to a group through an interface at all.
func carriesIPv6Multicast(ifi net.Interface) bool {
	conn, err := listen(netip.AddrPortFrom(netip.IPv6Unspecified(), 0))
	if err != nil {
		return false
	}
	defer conn.Close()
	_, err = conn.WriteToUDPAddrPort([]byte{1}, netip.MustParseAddrPort("[ff01::11:8%"+ifi.Name+"]:9"))
	return err == nil && join(conn, netip.MustParseAddr("ff01::11:8"), &ifi) == nil
}

func TestInterfacesAreFoundByNameAddressAndIndex(t *testing.T) {
	lo := loopbackInterface(t)
	for _, text := range []string{lo.Name, "127.0.0.1", "::ffff:127.0.0.1", strconv.Itoa(lo.Index)} {
		if got, err := ParseInterface(text); err != nil || got == nil || got.Index != lo.Index {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0.0.0.0", "::", "0"} {
		if got, err := ParseInterface(text); err != nil || got != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"no such interface", "203.0.113.99", "2147483647", "-1", "99999999999999999999", "127.0.0.1%x"} {
		_, err := ParseInterface(text)
		checkField(t, err, "Interface")
	}
}

func TestAnInterfaceAndAZoneMustAgree(t *testing.T) {
	lo := loopbackInterface(t)
	group := netip.MustParseAddr("ff02::1").WithZone(lo.Name)
	if got, err := groupInterface(group, strconv.Itoa(lo.Index)); err != nil || got.Index != lo.Index {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := groupInterface(group, ""); err != nil || got.Index != lo.Index {
		t.Errorf("%v, %v", got, err)
	}
	_, err := groupInterface(group.WithZone("other"), lo.Name)
	checkField(t, err, "Interface")
	_, err = groupInterface(group.WithZone("other"), "")
	checkField(t, err, "Interface")
	for _, text := range []string{"::", "nowhere"} {
		_, err = groupInterface(group, text)
		checkField(t, err, "Interface")
	}
}

func TestAGroupOfALinkNeedsAnInterface(t *testing.T) {
	for _, text := range []string{"ff02::11:7", "ff01::11:7"} {
		_, err := NewReceiver(ReceiverConfig{Address: anyPort(netip.MustParseAddr(text))})
		checkField(t, err, "Interface")
	}
	for _, text := range []string{"ff15::11:7", "239.255.11.7", "224.0.0.77"} {
		if inlet, err := groupInterface(netip.MustParseAddr(text), ""); inlet != nil || err != nil {
			t.Errorf("%s: %v, %v", text, inlet, err)
		}
	}
}
