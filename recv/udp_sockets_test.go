// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/send"
)

// newUDPStream returns a stream with a UDP source, started, and a socket to send to it from.
func newUDPStream(t testing.TB, cfg Config, source UDPConfig) (*Stream, net.Conn) {
	t.Helper()
	s, err := NewStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	to := net.Addr(nil)
	if source.Conn == nil {
		source.Address = netip.MustParseAddrPort("127.0.0.1:0")
	} else {
		to = source.Conn.LocalAddr()
	}
	if err := errors.Join(s.AddUDP(source), s.Start()); err != nil {
		t.Fatal(err)
	}
	if to == nil {
		to = net.UDPAddrFromAddrPort(s.Addrs()[0])
	}
	conn, err := net.Dial("udp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return s, conn
}

// TestEachSocketHasItsHeapsInProgress has a heap wait for its end, while far more heaps than may be in
// progress come through the other socket.
func TestEachSocketHasItsHeapsInProgress(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs several sockets to a port, which Linux has")
	}
	var heaps []*send.Heap
	for i := range 30 {
		heaps = append(heaps, heapOf(5000, i))
	}
	// Cnts count from 1; the first heap is to wait.
	packets := split(t, packetsOf(t, 1472, heaps...))
	const each = 4
	first, rest := packets[:each], packets[each:]
	order := slices.Concat(first[:2])
	for i := each; i < len(rest); i += 2 * each {
		order = append(order, rest[i-each:i]...)
	}
	order = append(order, first[2:]...)
	for _, outOfOrder := range []bool{false, true} {
		s, conn := newUDPStream(t, Config{QueueHeaps: 100, AllowOutOfOrder: outOfOrder}, UDPConfig{Sockets: 2})
		for _, p := range order {
			write(t, conn, p)
		}
		complete := 0
		for range len(order) / each {
			h := nextHeap(t, s)
			if h.Complete() {
				complete++
			}
			h.Release()
		}
		if st := s.Stats(); complete != len(order)/each || st.Refused.Total() != 0 || st.IncompleteHeapsEvicted != 0 {
			t.Errorf("%d heaps are complete, statistics: %+v", complete, st)
		}
		if n := len(s.Addrs()); n != 1 {
			t.Errorf("%d addresses for one port", n)
		}
		checkLaw(t, s.Stats())
	}
}

// wrapped hides that a connection is a UDP socket.
type wrapped struct{ net.PacketConn }

func TestSocketsThatThereAreAlready(t *testing.T) {
	for name, wrap := range map[string]func(net.PacketConn) net.PacketConn{
		"a UDP socket":   func(c net.PacketConn) net.PacketConn { return c },
		"something else": func(c net.PacketConn) net.PacketConn { return wrapped{c} },
	} {
		t.Run(name, func(t *testing.T) {
			inner, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			s, conn := newUDPStream(t, Config{}, UDPConfig{Conn: wrap(inner), MaxPacketSize: 2000})
			packets := split(t, packetsOf(t, 1472, heapOf(5000, 1)))
			write(t, conn, nil)
			write(t, conn, make([]byte, 2001))
			for _, p := range packets {
				write(t, conn, p)
			}
			h := nextHeap(t, s)
			defer h.Release()
			if !slices.Equal(h.Payload(), pattern(5000, 1)) {
				t.Error("the heap arrived changed")
			}
			st := s.Stats()
			if st.Refused[spead.RefusedEmpty] != 1 || st.Refused[spead.RefusedTooLong] != 1 || st.Refused.Total() != 2 {
				t.Errorf("statistics: %+v", st)
			}
			if err := errors.Join(s.Close(), s.Err()); err != nil {
				t.Error(err)
			}
			if err := inner.Close(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("closing the socket gave %v, as if it hadn't been closed", err)
			}
		})
	}
}

func TestWhatCantBeAskedOfASocketThatThereIs(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s, err := NewStream(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	local := netip.MustParseAddrPort("127.0.0.1:0")
	for field, cfg := range map[string]UDPConfig{
		"Address":       {Address: local},
		"Interface":     {Interface: "127.0.0.1"},
		"Senders":       {Senders: []netip.Addr{local.Addr()}},
		"Sockets":       {Sockets: 2},
		"MaxPacketSize": {MaxPacketSize: 65536},
	} {
		for _, c := range []net.PacketConn{conn, wrapped{conn}} {
			cfg.Conn = c
			var wrong *spead.FieldError
			if err := s.AddUDP(cfg); !errors.As(err, &wrong) || wrong.Field != "recv.UDPConfig."+field {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	var wrong *spead.FieldError
	if err := s.AddUDP(UDPConfig{Conn: wrapped{conn}, BufferSize: 1}); !errors.As(err, &wrong) {
		t.Errorf("a buffer for what isn't a UDP socket: %v", err)
	}
}

func TestAGroupIsReceivedFromItsSendersOnly(t *testing.T) {
	s, err := NewStream(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	wanted, other := netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")
	cfg := UDPConfig{
		Address: netip.MustParseAddrPort("232.255.11.9:0"), Interface: "127.0.0.1", Senders: []netip.Addr{wanted},
	}
	if err := errors.Join(s.AddUDP(cfg), s.Start()); err != nil {
		t.Fatal(err)
	}
	for i, source := range []netip.Addr{other, wanted} {
		out, err := send.NewUDP(send.UDPConfig{Endpoints: s.Addrs(), Source: source, Interface: "127.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Send(t.Context(), heapOf(10, i)); err != nil {
			t.Fatal(err)
		}
		out.Close()
	}
	h := nextHeap(t, s)
	defer h.Release()
	if !slices.Equal(h.Payload(), pattern(10, 1)) {
		t.Error("what came first was from another sender")
	}
}

func TestABufferThatTheKernelDoesNotGrantIsInTheFigures(t *testing.T) {
	const asked = 1<<30 - 1 // far more than a socket gets, even by privilege
	s, _ := newUDPStream(t, Config{}, UDPConfig{BufferSize: asked})
	st := s.Stats()
	if st.ReceiveBuffer <= 0 || st.ReceiveBuffer+st.ReceiveBufferMissing != asked {
		t.Errorf("%d bytes granted and %d not, of %d", st.ReceiveBuffer, st.ReceiveBufferMissing, asked)
	}
}

// TestAStopItemWaitsForWhatTheOtherSocketsHold sends heaps and a stop item before anybody reads: the
// socket that got the stop item may be read first.
func TestAStopItemWaitsForWhatTheOtherSocketsHold(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs several sockets to a port, which Linux has")
	}
	const count = 40
	for first := range 4 { // the stop item comes by another socket each time
		var heaps []*send.Heap
		for i := range count + first {
			heaps = append(heaps, heapOf(3000, i))
		}
		stop := send.NewHeap(spead.Flavour{})
		stop.AddStop()
		packets := split(t, packetsOf(t, 1472, append(heaps, stop)...))
		for _, callback := range []bool{false, true} {
			var called atomic.Int64
			cfg := Config{QueueHeaps: 4, AllowOutOfOrder: true}
			if callback {
				cfg.OnHeap = func(h *Heap) { called.Add(1); h.Release() }
			}
			s, err := NewStream(cfg)
			if err != nil {
				t.Fatal(err)
			}
			err = s.AddUDP(UDPConfig{Address: netip.MustParseAddrPort("127.0.0.1:0"), Sockets: 4})
			if err != nil {
				t.Fatal(err)
			}
			conn, err := net.Dial("udp", s.Addrs()[0].String())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range packets {
				write(t, conn, p)
			}
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			got := 0
			for h := range s.Heaps(t.Context()) {
				got++
				h.Release()
			}
			if got += int(called.Load()); got != count+first {
				t.Errorf("%d of %d heaps came before the end; callback: %t", got, count+first, callback)
			}
			if err := errors.Join(s.Close(), conn.Close()); err != nil {
				t.Error(err)
			}
		}
	}
}
