// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/gospead/spead"
)

func endpoints(texts ...string) []netip.AddrPort {
	var list []netip.AddrPort
	for _, text := range texts {
		list = append(list, netip.MustParseAddrPort(text))
	}
	return list
}

// checkField expects an error about a field.
func checkField(t *testing.T, err error, field string) {
	t.Helper()
	var refused *spead.FieldError
	if !errors.As(err, &refused) || refused.Field != field || refused.Allowed == "" {
		t.Errorf("%v isn't about %s", err, field)
	}
}

func TestASenderRefusesWhatItCantDo(t *testing.T) {
	unicast, multicast := endpoints("127.0.0.1:9"), endpoints("239.255.11.7:9")
	cases := []struct {
		name, field string
		cfg         SenderConfig
	}{
		{"no endpoint", "Endpoints", SenderConfig{}},
		{"an endpoint that is none", "Endpoints", SenderConfig{Endpoints: make([]netip.AddrPort, 1)}},
		{"no port", "Endpoints", SenderConfig{Endpoints: endpoints("127.0.0.1:0")}},
		{"both IP versions", "Endpoints", SenderConfig{Endpoints: endpoints("127.0.0.1:9", "[::1]:9")}},
		{"a source of the other IP version", "Source", SenderConfig{Endpoints: unicast, Source: netip.IPv6Loopback()}},
		{"a group as source", "Source", SenderConfig{Endpoints: unicast, Source: multicast[0].Addr()}},
		{"a TTL for unicast", "TTL", SenderConfig{Endpoints: append(endpoints("239.255.11.7:9"), unicast...), TTL: 1}},
		{"a negative TTL", "TTL", SenderConfig{Endpoints: multicast, TTL: -1}},
		{"a TTL too large", "TTL", SenderConfig{Endpoints: multicast, TTL: 256}},
		{"an interface for unicast", "Interface", SenderConfig{Endpoints: unicast, Interface: "127.0.0.1"}},
		{"an interface that isn't there", "Interface", SenderConfig{Endpoints: multicast, Interface: "nowhere"}},
		{"a buffer beyond what systems count", "BufferSize", SenderConfig{Endpoints: unicast, BufferSize: 1 << 30}},
		{"an unknown kind of offload", "GSO", SenderConfig{Endpoints: unicast, GSO: 7}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewSender(c.cfg)
			checkField(t, err, c.field)
		})
	}
}

func TestAReceiverRefusesWhatItCantDo(t *testing.T) {
	local := netip.MustParseAddrPort("127.0.0.1:0")
	cases := []struct {
		name, field string
		cfg         ReceiverConfig
	}{
		{"no address", "Address", ReceiverConfig{}},
		{"an interface for unicast", "Interface", ReceiverConfig{Address: local, Interface: "127.0.0.1"}},
		{"an interface that isn't there", "Interface",
			ReceiverConfig{Address: netip.MustParseAddrPort("239.255.11.7:0"), Interface: "nowhere"}},
		{"negative packets", "MaxPacketSize", ReceiverConfig{Address: local, MaxPacketSize: -1}},
		{"packets beyond UDP", "MaxPacketSize", ReceiverConfig{Address: local, MaxPacketSize: 65536}},
		{"a buffer beyond what systems count", "BufferSize", ReceiverConfig{Address: local, BufferSize: 1 << 30}},
		{"an unknown kind of offload", "GRO", ReceiverConfig{Address: local, GRO: 7}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewReceiver(c.cfg)
			checkField(t, err, c.field)
		})
	}
}

func TestIPv4MayBeWrittenAsIPv6(t *testing.T) {
	mapped := netip.AddrPortFrom(netip.MustParseAddr("::ffff:127.0.0.1"), 0)
	r := newTestReceiver(t, ReceiverConfig{Address: mapped})
	mapped = netip.AddrPortFrom(mapped.Addr(), r.LocalAddr().Port())
	s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{mapped, r.LocalAddr()}, Source: mapped.Addr()})
	sent := datagrams(newRandom(t), 100, 100)
	sent[1].Substream = 1
	writeAll(t, s.WriteBatch, sent)
	expect(t, r.ReadBatch, sent)
}

func TestAnUnspecifiedAddressListensEverywhere(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		unspecified := netip.IPv6Unspecified()
		if a.Is4() {
			unspecified = netip.IPv4Unspecified()
		}
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(unspecified)})
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{netip.AddrPortFrom(a, r.LocalAddr().Port())}})
		sent := datagrams(newRandom(t), 100)
		writeAll(t, s.WriteBatch, sent)
		expect(t, r.ReadBatch, sent)
	})
}

func TestAPortInUseIsAnError(t *testing.T) {
	r := newTestReceiver(t, ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")})
	if second, err := NewReceiver(ReceiverConfig{Address: r.LocalAddr()}); err == nil {
		second.Close()
		t.Error("two sockets share a port")
	}
}
