// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"github.com/gospead/spead/internal/errno"
	"github.com/gospead/spead/internal/netns"
	"github.com/gospead/spead/internal/udp/route"
)

// narrowPath is a way from one namespace through another, whose far device takes smaller packets
// than the near one: only ICMP tells the sender.
type narrowPath struct {
	sender, router *netns.Namespace
	to             netip.AddrPort
}

// newNarrowPath skips the test where namespaces can't be had.
func newNarrowPath(t *testing.T, is4 bool, mtu int) *narrowPath {
	t.Helper()
	p := &narrowPath{sender: netns.ForTest(t), router: netns.ForTest(t)}
	near, far, target, options := "10.7.1.%d/24", "10.7.2.1/24", "10.7.2.2", "-4"
	if !is4 {
		near, far, target, options = "fd00:7:1::%d/64", "fd00:7:2::1/64", "fd00:7:2::2", "-6"
	}
	p.to = netip.AddrPortFrom(netip.MustParseAddr(target), 7148)
	gateway := netip.MustParsePrefix(fmt.Sprintf(near, 2)).Addr()
	noDAD := " nodad"
	if is4 {
		noDAD = ""
	}
	err := errors.Join(
		p.sender.Connect("near", p.router, "hither"),
		p.router.Connect("far", p.router, "end"),
		p.sender.IP("addr add "+fmt.Sprintf(near, 1)+" dev near"+noDAD, "link set near up"),
		p.router.Sysctl("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"),
		p.router.IP("addr add "+fmt.Sprintf(near, 2)+" dev hither"+noDAD, "link set hither up",
			fmt.Sprintf("link set far mtu %d", mtu), "addr add "+far+" dev far"+noDAD, "link set far up", "link set end up"),
		p.sender.IP(fmt.Sprintf("%s route add default via %v", options, gateway)),
	)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newSenderIn(t *testing.T, n *netns.Namespace, cfg SenderConfig) (s *Sender) {
	t.Helper()
	var err error
	n.Do(func() { s, err = NewSender(cfg) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestThePathMTUIsFoundAndFollowedDown(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) { checkPathMTU(t, a.Is4()) })
}

func checkPathMTU(t *testing.T, is4 bool) {
	const farMTU = 1300 // IPv6 knows no less than 1280
	p := newNarrowPath(t, is4, farMTU)
	headers := 48
	if is4 {
		headers = 28
	}
	s := newSenderIn(t, p.sender, SenderConfig{Endpoints: []netip.AddrPort{p.to}, PathMTU: true})
	if got := s.MaxPacketSize(); got != 1500-headers || s.PathMTUError() != nil {
		t.Fatalf("at first %d bytes, %v", got, s.PathMTUError())
	}
	// The first datagram of that size gets as far as the router, which reports it. When its report is
	// here, the next one is refused.
	var tooBig *route.TooBigError
	large := datagrams(newRandom(t), 1500-headers)
	for tooBig == nil {
		p.sender.Do(func() {
			_, err := s.WriteBatch(large)
			if err != nil && !errors.As(err, &tooBig) {
				t.Error(err)
				tooBig = &route.TooBigError{}
			}
		})
	}
	if tooBig.Size != 1500-headers || tooBig.Limit != farMTU-headers || !errors.Is(tooBig, syscall.EMSGSIZE) {
		t.Fatalf("%v", tooBig)
	}
	if got := s.MaxPacketSize(); got != tooBig.Limit {
		t.Errorf("%d bytes may be sent", got)
	}
	fitting := datagrams(newRandom(t), slices.Repeat([]int{tooBig.Limit}, 10)...)
	writeAll(t, s.WriteBatch, fitting)
	if err := p.sender.IP("link set near mtu 1290"); err != nil {
		t.Fatal(err)
	}
	p.sender.Do(func() {
		if n, err := s.WriteBatch(fitting); !errors.As(err, &tooBig) || n != 0 || tooBig.Limit != 1290-headers {
			t.Errorf("with a smaller device: %d left, %v", n, err)
		}
	})
	writeAll(t, s.WriteBatch, datagrams(newRandom(t), slices.Repeat([]int{1290 - headers}, 10)...))
	if state := s.Stats().Paths[0].GSO; state == GSODisabled {
		t.Error("segmentation offload was disabled")
	}
}

func TestWhatHasNoRouteIsReportedAndLaterSent(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		n := netns.ForTest(t)
		to := netip.MustParseAddrPort("10.7.1.2:7148")
		address, noDAD := "10.7.1.1/24", ""
		if a.Is6() {
			to, address, noDAD = netip.MustParseAddrPort("[fd00:7:1::2]:7148"), "fd00:7:1::1/64", " nodad"
		}
		s := newSenderIn(t, n, SenderConfig{Endpoints: []netip.AddrPort{to}, PathMTU: true})
		if s.MaxPacketSize() != route.GuessMax || s.PathMTUError() == nil {
			t.Errorf("%d bytes without a route: %v", s.MaxPacketSize(), s.PathMTUError())
		}
		d := datagrams(newRandom(t), slices.Repeat([]int{1000}, 5)...)
		for range 3 {
			if sent, err := s.WriteBatch(d); sent != 0 || !errors.Is(err, syscall.ENETUNREACH) {
				t.Errorf("without a route %d left: %v", sent, err)
			}
		}
		// With an interface the datagrams leave, and when it is down they don't.
		if err := n.IP("link add here type veth peer name there", "addr add "+address+" dev here"+noDAD,
			"link set here up", "link set there up"); err != nil {
			t.Fatal(err)
		}
		writeAll(t, s.WriteBatch, d)
		if err := n.IP("link set here down"); err != nil {
			t.Fatal(err)
		}
		if sent, err := s.WriteBatch(d); sent != 0 || err == nil {
			t.Errorf("with the interface down %d left: %v", sent, err)
		}
		if errs := s.Stats().Errors; len(errs) == 0 || errs[0] != (errno.Count{Errno: syscall.ENETUNREACH, Count: errs[0].Count}) || errs[0].Count < 3 {
			t.Errorf("errors: %v", errs)
		}
	})
}
