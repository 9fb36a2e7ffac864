// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gospead/spead/internal/netns"
)

// TestThisMachineIsExamined looks at whatever this is. Nothing can be expected of it but answers.
func TestThisMachineIsExamined(t *testing.T) {
	cfg := Config{Interfaces: []string{"lo"}, Endpoints: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}, Rate: 1e9, Sender: netip.MustParseAddr("127.0.0.1")}
	findings := Examine(t.Context(), cfg, Here())
	for _, f := range findings {
		if f.Found == "" || f.Why == "" || f.State > Unknown && f.Wanted == "" {
			t.Errorf("%+v", f)
		}
	}
	if f := find(t, findings, "path-mtu"); f.State != OK {
		t.Errorf("%+v", f)
	}
	if f := find(t, findings, "link"); f.State != OK {
		t.Errorf("%+v", f)
	}
}

// TestMembershipsAreFound joins a group of either version on the loopback interface, which tells nobody.
func TestMembershipsAreFound(t *testing.T) {
	loopback, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range []string{"239.255.77.78:0", "[ff11::77:78]:0"} {
		t.Run(group, func(t *testing.T) {
			endpoint := netip.MustParseAddrPort(group)
			conn, err := net.ListenMulticastUDP("udp", loopback, net.UDPAddrFromAddrPort(endpoint))
			if err != nil {
				t.Skipf("needs a loopback interface that joins groups: %v", err)
			}
			defer conn.Close()
			f := find(t, Examine(t.Context(), Config{Endpoints: []netip.AddrPort{endpoint}, Interfaces: []string{"lo"}}, Here()), "membership")
			if f.State != OK || f.Found != "joined on lo" {
				t.Errorf("%+v", f)
			}
		})
	}
}

// TestASocketThatOverflowsIsNamed fills a socket's buffer while the doctor watches.
func TestASocketThatOverflowsIsNamed(t *testing.T) {
	receiver, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	if err := receiver.SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	sender, err := net.DialUDP("udp4", nil, receiver.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	cfg := Config{Interfaces: []string{"lo"}}
	cfg.Earlier = Count(cfg, Here())
	for range 100 {
		if _, err := sender.Write(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	f := find(t, Examine(t.Context(), cfg, Here()), "socket-losses")
	if f.State != Loss || !strings.Contains(f.Found, "ipv4.RcvbufErrors rose by") {
		t.Errorf("%+v", f)
	}
}

// TestTheReversePathFilterIsMended has two interfaces, and a sender whose data comes by the one that
// isn't on the way to it: it is lost, and the doctor says so; mended, it arrives. Only this variable
// belongs to the namespace alone, so only it is written.
func TestTheReversePathFilterIsMended(t *testing.T) {
	here, there := netns.ForTest(t), netns.ForTest(t)
	err := errors.Join(
		here.Connect("data0", there, "data1"),
		here.IP("link add office0 type veth peer name office1", "addr add 10.1.0.1/24 dev data0", "addr add 10.2.0.1/24 dev office0",
			"link set data0 up", "link set office0 up", "link set office1 up", "route add default via 10.2.0.254"),
		there.IP("addr add 10.1.0.2/24 dev data1", "addr add 192.0.2.7/32 dev lo", "link set data1 up"),
		here.Sysctl("net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.data0.rp_filter=1"))
	if err != nil {
		t.Fatal(err)
	}
	receiver := open(t, here, "10.1.0.1:0")
	near, far := open(t, there, "10.1.0.2:0"), open(t, there, "192.0.2.7:0")
	say := func(from *net.UDPConn, word string) {
		if _, err := from.WriteTo([]byte(word), receiver.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(word string) {
		t.Helper()
		b := make([]byte, 100)
		if n, _, err := receiver.ReadFrom(b); err != nil || string(b[:n]) != word {
			t.Fatalf("received %q, %v, expected %q", b[:n], err, word)
		}
	}
	say(near, "first") // so that the neighbours know each other
	expect("first")
	say(far, "lost")
	say(near, "second")
	expect("second")

	cfg := Config{Interfaces: []string{"data0"}, Sender: netip.MustParseAddr("192.0.2.7")}
	look := func() (f []Finding) {
		here.Do(func() { f = Examine(context.Background(), cfg, Here()) })
		return slices.DeleteFunc(f, func(f Finding) bool { return f.Check != "reverse-path" })
	}
	before := look()
	if before[0].State != Loss {
		t.Fatalf("%+v", before)
	}
	here.Do(func() {
		for _, r := range Fix(before, "/") {
			if r.Err != nil {
				t.Error(r.Err)
			}
		}
	})
	if after := look(); after[0].State != OK || after[0].Found != "loose; 192.0.2.7 is reached by office0" {
		t.Errorf("%+v", after)
	}
	say(far, "third")
	expect("third")
}

// open opens a socket in a namespace. It gives up when a test has hung for a minute.
func open(t *testing.T, n *netns.Namespace, address string) (conn *net.UDPConn) {
	t.Helper()
	var err error
	n.Do(func() { conn, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address))) })
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(time.Minute))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// TestAQueryIsHeard sends one, to this machine only.
func TestAQueryIsHeard(t *testing.T) {
	n := netns.ForTest(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var conn *net.IPConn
	var err error
	n.Do(func() { conn, err = net.DialIP("ip4:igmp", nil, &net.IPAddr{IP: net.IPv4(127, 0, 0, 1)}) })
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	heard := make(chan struct{})
	asking := make(chan struct{})
	go func() {
		defer close(asking)
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-heard:
				return
			case <-ticker.C:
				conn.Write([]byte{membershipQuery, 0, 0xee, 0xff, 0, 0, 0, 0})
			}
		}
	}()
	var from netip.Addr
	n.Do(func() { from, err = awaitQuery(ctx) })
	close(heard)
	<-asking
	if err != nil || !from.IsLoopback() {
		t.Errorf("%v, %v", from, err)
	}
}
