// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net/netip"
	"testing"
)

func TestBuffersAreGrantedOrSaidToBeLess(t *testing.T) {
	for _, c := range []struct {
		name              string
		configured, asked int
	}{
		{"what is asked for", 64 << 10, 64 << 10},
		{"the default", 0, privilegedReceiveBuffer},
		{"more than systems commonly grant", bufferSizeMax, bufferSizeMax},
		{"the system's own", -1, bufferSizeMax},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newTestReceiver(t, ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0"), BufferSize: c.configured})
			s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, BufferSize: c.configured})
			for _, granted := range []int{r.BufferSize(), s.BufferSize()} {
				if granted > c.asked || c.configured > 0 && granted == 0 {
					t.Errorf("%d bytes granted of %d", granted, c.asked)
				}
			}
		})
	}
}
