// SPDX-License-Identifier: Apache-2.0

package tap

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T, address string) *net.UDPConn {
	t.Helper()
	network := "udp4"
	if netip.MustParseAddrPort(address).Addr().Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func newTap(t *testing.T, cfg Config, conns ...*net.UDPConn) *Tap {
	t.Helper()
	tap, err := New(conns, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tap.Close() })
	return tap
}

// sent is a datagram that was sent to a socket.
type sent struct {
	payload  []byte
	from, to netip.AddrPort
	socket   int
}

func TestDatagramsComeWithTheirTimesAndAddresses(t *testing.T) {
	for _, cfg := range []Config{{}, {GRO: true}, {Nap: true}} {
		conns := []*net.UDPConn{listen(t, "127.0.0.1:0"), listen(t, "0.0.0.0:0"), listen(t, "[::1]:0")}
		var local []netip.AddrPort
		for _, conn := range conns {
			local = append(local, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()))
		}
		local[2] = netip.AddrPortFrom(netip.IPv6Loopback(), local[2].Port())
		tap := newTap(t, cfg, conns...)
		senders := []*net.UDPConn{listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0"), listen(t, "[::1]:0")}
		before := time.Now().UnixNano()
		var want [3][]sent
		for i := range 30 {
			for socket := range local {
				s := sent{bytes.Repeat([]byte{byte(i)}, 1+37*i), senders[socket].LocalAddr().(*net.UDPAddr).AddrPort(), local[socket], socket}
				if i == 15 {
					s.payload = nil
				}
				if _, err := senders[socket].WriteToUDPAddrPort(s.payload, s.to); err != nil {
					t.Fatal(err)
				}
				want[socket] = append(want[socket], s)
			}
		}
		var got []Datagram
		for count := 0; count < 90; count += len(got) {
			var err error
			if got, err = tap.Read(got[:0], time.Minute); err != nil {
				t.Fatal(err)
			}
			for i := range got {
				check(t, &got[i], &want, before)
			}
		}
		for i := range conns {
			if n := tap.Drops(i); n != 0 {
				t.Errorf("%d drops", n)
			}
		}
	}
}

// check compares a datagram with the next that was sent to its socket.
func check(t *testing.T, d *Datagram, want *[3][]sent, before int64) {
	t.Helper()
	w := want[d.Socket][0]
	want[d.Socket] = want[d.Socket][1:]
	to := d.To
	if to.Addr().IsUnspecified() { // the system doesn't tell
		to = netip.AddrPortFrom(w.to.Addr(), to.Port())
	}
	if !bytes.Equal(d.Payload, w.payload) || d.From != w.from || to != w.to {
		t.Fatalf("%d bytes from %v to %v, expected %d bytes from %v to %v", len(d.Payload), d.From, to, len(w.payload), w.from, w.to)
	}
	if d.Nanos < before-1e9 || d.Nanos > time.Now().UnixNano()+1e9 {
		t.Fatalf("the time is %d, sent after %d", d.Nanos, before)
	}
}

func TestWakeAndCloseEndAWait(t *testing.T) {
	tap := newTap(t, Config{}, listen(t, "127.0.0.1:0"))
	tap.Wake()
	if got, err := tap.Read(nil, time.Hour); len(got) != 0 || err != nil {
		t.Errorf("read %v, %v", got, err)
	}
	if got, err := tap.Read(nil, time.Millisecond); len(got) != 0 || err != nil {
		t.Errorf("read %v, %v", got, err)
	}
	ended := make(chan error)
	go func() {
		for {
			if _, err := tap.Read(nil, time.Hour); err != nil {
				ended <- err
				return
			}
		}
	}()
	if err := tap.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if err := tap.Close(); err != nil {
		t.Error("closed twice:", err)
	}
	tap.Wake()
	if tap.Drops(0) != 0 {
		t.Error("drops of nothing")
	}
}
