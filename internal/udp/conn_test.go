// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"github.com/gospead/spead/internal/udp/route"
)

func newSocket(t *testing.T, network, address string) *net.UDPConn {
	t.Helper()
	local, err := net.ResolveUDPAddr(network, address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP(network, local)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestASocketThatTheUserBringsIsUsedAsItIs(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a)})
		conn := newSocket(t, network(a), netip.AddrPortFrom(a, 0).String())
		if err := conn.SetWriteBuffer(40 << 10); err != nil {
			t.Fatal(err)
		}
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, Conn: conn})
		if got := s.BufferSize(); got != 0 && got != 40<<10 {
			t.Errorf("the buffer has %d bytes", got)
		}
		if s.LocalAddr() != localAddr(conn) {
			t.Errorf("another socket is used")
		}
		sent := datagrams(newRandom(t), slices.Repeat([]int{1400}, 40)...)
		writeAll(t, s.WriteBatch, sent)
		expect(t, r.ReadBatch, sent)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := conn.SetWriteBuffer(1); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the socket outlives the sender: %v", err)
		}
	})
}

func TestASocketOfBothIPVersionsSendsToIPv4(t *testing.T) {
	needIPv6(t)
	r4 := newTestReceiver(t, ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")})
	conn := newSocket(t, "udp", ":0")
	s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r4.LocalAddr()}, Conn: conn})
	sent := datagrams(newRandom(t), slices.Repeat([]int{1400}, 40)...)
	writeAll(t, s.WriteBatch, sent)
	expect(t, r4.ReadBatch, sent)
}

func TestSocketsThatCantBeUsedAreRefusedAndLeft(t *testing.T) {
	to := netip.MustParseAddrPort("127.0.0.1:9")
	connected, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close()
	free := newSocket(t, "udp4", "127.0.0.1:0")
	cases := []struct {
		field string
		cfg   SenderConfig
	}{
		{"Conn", SenderConfig{Conn: connected}},
		{"Source", SenderConfig{Conn: free, Source: to.Addr()}},
		{"Interface", SenderConfig{Conn: free, Interface: "1"}},
		{"TTL", SenderConfig{Conn: free, TTL: 1}},
		{"BufferSize", SenderConfig{Conn: free, BufferSize: 1}},
	}
	for _, c := range cases {
		c.cfg.Endpoints = []netip.AddrPort{to}
		_, err := NewSender(c.cfg)
		checkField(t, err, c.field)
		if err := c.cfg.Conn.SetWriteBuffer(1 << 16); err != nil {
			t.Errorf("%s: the socket was closed", c.field)
		}
	}
}

func TestADatagramBeyondUDPIsReportedWithWhatWouldHaveWorked(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a), MaxPacketSize: 65535})
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}})
		_, err := s.WriteBatch(datagrams(newRandom(t), 65530))
		var tooBig *route.TooBigError
		if !errors.As(err, &tooBig) || !errors.Is(err, syscall.EMSGSIZE) || !route.IsTooBig(err) {
			t.Fatalf("%v", err)
		}
		want := route.DatagramMax4
		if a.Is6() {
			want = 65535 - 8
		}
		if tooBig.Size != 65530 || tooBig.Limit != want || tooBig.Endpoint != r.LocalAddr() {
			t.Fatalf("%+v: %v", tooBig, err)
		}
		sent := datagrams(newRandom(t), tooBig.Limit)
		writeAll(t, s.WriteBatch, sent)
		expect(t, r.ReadBatch, sent)
	})
}
