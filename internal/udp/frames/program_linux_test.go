// SPDX-License-Identifier: Apache-2.0

package frames

import (
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/bpf"

	"github.com/gospead/spead/internal/pcap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// frame makes a frame with a datagram to an address.
func frame(to string) []byte {
	destination := netip.MustParseAddrPort(to)
	return pcap.FrameOf(pcap.AppendDatagram(nil, 0, &pcap.Datagram{
		Payload: []byte("payload"), Source: destination, Destination: destination, Time: time.Unix(1, 0),
	}))
}

func TestTheFilterPassesWhatGoesToTheEndpoints(t *testing.T) {
	many := []string{}
	for i := range 300 {
		many = append(many, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i / 250), byte(i % 250)}), 7148).String())
	}
	for _, c := range []struct {
		name         string
		endpoints    []string
		pass, refuse []string
	}{
		{"one", []string{"239.1.2.3:7148"}, []string{"239.1.2.3:7148"}, []string{"239.1.2.3:7149", "239.1.2.4:7148", "[ff02::1]:7148"}},
		{"one of IPv6", []string{"[ff02::1]:7148"}, []string{"[ff02::1]:7148"}, []string{"[ff02::2]:7148", "[ff03::1]:7148", "[ff02::1]:7149", "10.0.0.1:7148"}},
		{"a port", []string{"0.0.0.0:7148"}, []string{"1.2.3.4:7148"}, []string{"1.2.3.4:7149", "[::1]:7148"}},
		{"a port of IPv6", []string{"[::]:7148"}, []string{"[::1]:7148"}, []string{"1.2.3.4:7148", "[::1]:7149"}},
		{"any", []string{"0.0.0.0:0", "[::]:0"}, []string{"1.2.3.4:1", "[::1]:2"}, nil},
		{"any port", []string{"10.0.0.1:0"}, []string{"10.0.0.1:1", "10.0.0.1:65535"}, []string{"10.0.0.2:1"}},
		{"several", []string{"10.0.0.1:1", "[::1]:1", "10.0.0.2:2"}, []string{"10.0.0.1:1", "10.0.0.2:2", "[::1]:1"}, []string{"10.0.0.1:2", "10.0.0.2:1", "[::1]:2"}},
		{"many", append(many, "[::1]:5"), append(many, "[::1]:5"), []string{"10.0.3.0:7148", "[::2]:5"}},
	} {
		var endpoints []netip.AddrPort
		for _, e := range c.endpoints {
			endpoints = append(endpoints, netip.MustParseAddrPort(e))
		}
		instructions, err := program(endpoints)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := assemble(instructions); err != nil {
			t.Fatal(err)
		}
		vm, err := bpf.NewVM(instructions)
		if err != nil {
			t.Fatal(err)
		}
		for want, list := range map[bool][]string{true: c.pass, false: c.refuse} {
			for _, to := range list {
				if n, err := vm.Run(frame(to)); err != nil || (n > 0) != want {
					t.Errorf("%s: %s passes with %d bytes, %v", c.name, to, n, err)
				}
			}
		}
		tcp := frame(c.pass[0])
		tcp[protocol4At], tcp[protocol6At] = 6, 6
		if n, _ := vm.Run(tcp); n > 0 {
			t.Errorf("%s: TCP passes", c.name)
		}
	}
}

func TestTooManyEndpointsAreRefused(t *testing.T) {
	if _, err := program(make([]netip.AddrPort, 5000)); err == nil {
		t.Error("no error")
	}
}
