// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net/netip"
	"testing"
)

// TestAGroupsSocketGetsNothingElse sends to another group and to the machine, at the same port.
func TestAGroupsSocketGetsNothingElse(t *testing.T) {
	lo := loopbackInterface(t)
	group := netip.MustParseAddr("239.255.11.7")
	r := newTestReceiver(t, ReceiverConfig{Address: anyPort(group), Interface: lo.Name})
	port := r.LocalAddr().Port()
	other := netip.AddrPortFrom(netip.MustParseAddr("239.255.11.8"), port)
	newTestReceiver(t, ReceiverConfig{Address: other, Interface: lo.Name})
	d := datagrams(newRandom(t), 100, 200, 300)
	for i, endpoint := range []netip.AddrPort{other, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port), r.LocalAddr()} {
		cfg := SenderConfig{Endpoints: []netip.AddrPort{endpoint}}
		if endpoint.Addr().IsMulticast() {
			cfg.Interface = lo.Name
		}
		writeAll(t, newTestSender(t, cfg).WriteBatch, d[i:i+1])
	}
	expect(t, r.ReadBatch, d[2:])
}
