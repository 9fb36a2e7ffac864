// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/gospead/spead"
)

// newTCPStream returns a stream that listens on a port of the loopback interface, started.
func newTCPStream(t testing.TB, cfg Config, tcp TCPConfig) *Stream {
	t.Helper()
	s, err := NewStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if tcp.Listener == nil {
		tcp.Address = netip.MustParseAddrPort("127.0.0.1:0")
	}
	if err := errors.Join(s.AddTCP(tcp), s.Start()); err != nil {
		t.Fatal(err)
	}
	return s
}

func dial(t testing.TB, s *Stream) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(s.Addrs()[0]))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func write(t testing.TB, conn net.Conn, b []byte) {
	t.Helper()
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
}

// drain takes all heaps until the stream ends, and gives their cnts.
func drain(t testing.TB, s *Stream) (cnts []spead.HeapCnt) {
	t.Helper()
	for h := range s.Heaps(t.Context()) {
		cnts = append(cnts, h.Cnt())
		h.Release()
	}
	checkLaw(t, s.Stats())
	return cnts
}

// nextHeap waits for a heap.
func nextHeap(t testing.TB, s *Stream) *Heap {
	t.Helper()
	h, err := s.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestATCPSourceEndsWithItsOneConnection(t *testing.T) {
	s := newTCPStream(t, Config{}, TCPConfig{})
	conn := dial(t, s)
	go func() {
		conn.Write(packetsOf(t, 1472, heapOf(10, 1), heapOf(100_000, 2), heapOf(0, 3)))
		conn.Close()
	}()
	if got := drain(t, s); !slices.Equal(got, []spead.HeapCnt{1, 2, 3}) {
		t.Errorf("heaps %v arrived", got)
	}
	st := s.Stats()
	if st.Connections != 1 || st.ConnectionsFailed != 0 || st.SkippedBytes != 0 || st.Refused.Total() != 0 {
		t.Errorf("statistics: %+v", st)
	}
	if err := s.Err(); err != nil {
		t.Errorf("the connection's end counts as an error: %v", err)
	}
}

func TestTCPConnectionsOneAfterTheOther(t *testing.T) {
	s := newTCPStream(t, Config{KeepStop: true}, TCPConfig{Connections: 3, MaxOpen: 1})
	for i := range 3 {
		conn := dial(t, s)
		write(t, conn, packetsOf(t, 1472, heapOf(2000, i)))
		h := nextHeap(t, s)
		if !bytes.Equal(h.Payload(), pattern(2000, i)) {
			t.Errorf("heap of connection %d arrived changed", i)
		}
		h.Release()
		conn.Close()
	}
	if got := drain(t, s); len(got) != 0 {
		t.Errorf("heaps %v came after the last connection", got)
	}
	if st := s.Stats(); st.Connections != 3 {
		t.Errorf("%d connections", st.Connections)
	}
}

func TestTCPConnectionsTogetherShareAHeap(t *testing.T) {
	s := newTCPStream(t, Config{}, TCPConfig{Connections: -1})
	packets := split(t, packetsOf(t, 1472, heapOf(4000, 1)))
	a, b := dial(t, s), dial(t, s)
	// The order is in the test's hands: a packet out of order would be refused.
	for i, p := range packets {
		write(t, []net.Conn{a, b}[i%2], p)
		for s.Stats().PacketsAccepted <= int64(i) {
		}
	}
	h := nextHeap(t, s)
	defer h.Release()
	if !bytes.Equal(h.Payload(), pattern(4000, 1)) {
		t.Error("the heap arrived changed")
	}
	if err := s.Close(); err != nil || s.Err() != nil {
		t.Errorf("closing gave %v and %v", err, s.Err())
	}
}

func TestAResetEndsOnlyItsConnection(t *testing.T) {
	s := newTCPStream(t, Config{}, TCPConfig{Connections: 2})
	packets := packetsOf(t, 1472, heapOf(10, 1), heapOf(10, 2), heapOf(10, 3))
	bad, good := dial(t, s), dial(t, s)
	write(t, bad, packets[:60])
	nextHeap(t, s).Release()
	if err := errors.Join(bad.SetLinger(0), bad.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, good, packets)
	good.Close()
	if got := drain(t, s); !slices.Equal(got, []spead.HeapCnt{1, 2, 3}) {
		t.Errorf("heaps %v arrived", got)
	}
	if st := s.Stats(); st.ConnectionsFailed != 1 || st.Connections != 2 || s.Err() != nil {
		t.Errorf("error %v, statistics: %+v", s.Err(), st)
	}
}

func TestJunkInATCPStreamIsSkippedAndCounted(t *testing.T) {
	s := newTCPStream(t, Config{}, TCPConfig{MaxPacketSize: 2000})
	good := packetsOf(t, 1472, heapOf(10, 1))
	conn := dial(t, s)
	write(t, conn, slices.Concat(make([]byte, 8), good, []byte("junk"), packetsOf(t, 9000, heapOf(5000, 7)), good, good[:30]))
	conn.Close()
	if got := drain(t, s); !slices.Equal(got, []spead.HeapCnt{1, 1}) {
		t.Errorf("heaps %v arrived", got)
	}
	st := s.Stats()
	if st.Refused[spead.RefusedBadMagic] != 2 || st.Refused[spead.RefusedTooLong] != 1 ||
		st.Refused[spead.RefusedShortPointers] != 1 || st.Refused.Total() != 4 || st.SkippedBytes != 8+4+5048+30 {
		t.Errorf("%d bytes skipped, refused %v", st.SkippedBytes, st.Refused)
	}
}

func TestAnExistingListenerIsTakenOver(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newTCPStream(t, Config{}, TCPConfig{Listener: listener})
	conn := dial(t, s)
	write(t, conn, packetsOf(t, 1472, heapOf(10, 1)))
	conn.Close()
	if got := drain(t, s); len(got) != 1 {
		t.Errorf("heaps %v arrived", got)
	}
	if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closing the listener gave %v, as if it hadn't been closed", err)
	}
}

func TestAListenerThatFailsEndsTheSourceWithItsError(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newTCPStream(t, Config{}, TCPConfig{Listener: listener, Connections: -1})
	listener.Close()
	if got := drain(t, s); len(got) != 0 || !errors.Is(s.Err(), net.ErrClosed) {
		t.Errorf("%d heaps, error %v", len(got), s.Err())
	}
}

func TestClosingATCPStreamAtAnyPoint(t *testing.T) {
	for name, prepare := range map[string]func(*Stream){
		"not started":             func(*Stream) {},
		"waiting for connections": func(s *Stream) { s.Start() },
		"waiting for data": func(s *Stream) {
			s.Start()
			write(t, dial(t, s), packetsOf(t, 1472, heapOf(10, 1))[:50])
			dial(t, s)
		},
		"waiting for the consumer": func(s *Stream) {
			s.Start()
			packets := bytes.Repeat(packetsOf(t, 1472, heapOf(10, 1)), 100)
			write(t, dial(t, s), packets)
			write(t, dial(t, s), packets)
			for s.Stats().WorkerBlocked == 0 {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := NewStream(Config{})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.AddTCP(TCPConfig{Address: netip.MustParseAddrPort("127.0.0.1:0"), Connections: -1}); err != nil {
				t.Fatal(err)
			}
			prepare(s)
			if err := errors.Join(s.Close(), s.Close()); err != nil {
				t.Errorf("closing gave %v", err)
			}
			if err := s.Err(); err != nil {
				t.Errorf("closing counts as an error: %v", err)
			}
			checkLaw(t, s.Stats())
		})
	}
}

func TestTCPConfigurationErrorsNameTheField(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	local := netip.MustParseAddrPort("127.0.0.1:0")
	s, err := NewStream(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for field, cfg := range map[string]TCPConfig{
		"Address":       {},
		"MaxOpen":       {Address: local, MaxOpen: 5000},
		"BufferSize":    {Address: local, BufferSize: 1 << 30},
		"MaxPacketSize": {Address: local, MaxPacketSize: 1<<24 + 1},
	} {
		var wrong *spead.FieldError
		if err := s.AddTCP(cfg); !errors.As(err, &wrong) || wrong.Field != "recv.TCPConfig."+field {
			t.Errorf("%s: %v", field, err)
		}
	}
	var wrong *spead.FieldError
	if err := s.AddTCP(TCPConfig{Listener: listener, Address: local}); !errors.As(err, &wrong) {
		t.Errorf("a listener and an address: %v", err)
	}
	if err := s.AddTCP(TCPConfig{Address: netip.MustParseAddrPort("239.1.1.1:7148")}); !errors.As(err, &wrong) {
		t.Errorf("a multicast address: %v", err)
	}
	if err := s.AddTCP(TCPConfig{Address: listenerAddr(listener)}); err == nil || errors.As(err, &wrong) {
		t.Errorf("an address in use: %v", err)
	}
}
