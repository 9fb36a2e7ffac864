// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"net"
	"net/netip"
	"testing"
)

func newLocalSocket(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestAReceiverUsesASocketThatThereIs(t *testing.T) {
	conn := newLocalSocket(t)
	if err := conn.SetReadBuffer(50 << 10); err != nil {
		t.Fatal(err)
	}
	before, err := setReceiveBuffer(conn, -1)
	if err != nil {
		t.Fatal(err)
	}
	r := newTestReceiver(t, ReceiverConfig{Conn: conn})
	if r.BufferSize() != before {
		t.Errorf("the buffer's size has changed from %d to %d", before, r.BufferSize())
	}
	sent := datagrams(newRandom(t), 100, 1000, 100)
	writeAll(t, newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}}).WriteBatch, sent)
	expect(t, r.ReadBatch, sent)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadBuffer(1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the socket outlives the receiver: %v", err)
	}
}

func TestAReceiverRefusesContradictions(t *testing.T) {
	conn := newLocalSocket(t)
	sender, group6 := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddrPort("[ff15::11:7]:0")
	group := netip.MustParseAddrPort("239.255.11.7:0")
	for _, c := range []struct {
		name, field string
		cfg         ReceiverConfig
	}{
		{"a socket and an address", "Address", ReceiverConfig{Conn: conn, Address: group}},
		{"a socket and an interface", "Interface", ReceiverConfig{Conn: conn, Interface: "127.0.0.1"}},
		{"a socket and senders", "Senders", ReceiverConfig{Conn: conn, Senders: []netip.Addr{sender}}},
		{"senders for unicast", "Senders", ReceiverConfig{Address: anyPort(sender), Senders: []netip.Addr{sender}}},
		{"a group as sender", "Senders", ReceiverConfig{Address: group, Senders: []netip.Addr{group.Addr()}}},
		{"a sender of the other IP version", "Senders", ReceiverConfig{Address: group6, Senders: []netip.Addr{sender}}},
		{"a sender that is none", "Senders", ReceiverConfig{Address: group, Senders: make([]netip.Addr, 1)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewReceiver(c.cfg)
			checkField(t, err, c.field)
		})
	}
	if _, err := conn.WriteTo([]byte{1}, conn.LocalAddr()); err != nil {
		t.Errorf("a socket that was refused is closed: %v", err)
	}
}

// TestAGroupIsJoinedForSomeSenders sends to a group from two addresses of the loopback interface.
func TestAGroupIsJoinedForSomeSenders(t *testing.T) {
	lo := loopbackInterface(t)
	wanted, other := netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")
	r := newTestReceiver(t, ReceiverConfig{
		Address: netip.MustParseAddrPort("232.255.11.7:0"), Interface: lo.Name,
		Senders: []netip.Addr{wanted, netip.MustParseAddr("::ffff:127.0.0.4")},
	})
	sent := datagrams(newRandom(t), 100, 200, 300)
	for i, source := range []netip.Addr{wanted, other, wanted} {
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, Source: source, Interface: lo.Name})
		writeAll(t, s.WriteBatch, sent[i:i+1])
	}
	expect(t, r.ReadBatch, append(sent[:1:1], sent[2]))
}
