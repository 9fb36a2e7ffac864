// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/inspect"
	"github.com/gospead/spead/internal/wire"
	"github.com/gospead/spead/send"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func loopback() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:0") }

// session is a Live with what looks at it.
type session struct {
	t    *testing.T
	live *Live
	in   *inspect.Inspector
	// ended gets Run's error.
	ended chan error
	stop  context.CancelFunc
}

func newSession(t *testing.T, cfg Config) *session {
	t.Helper()
	in, err := inspect.New(inspect.Config{})
	if err != nil {
		t.Fatal(err)
	}
	live, err := Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { live.Close() })
	return &session{t: t, live: live, in: in, ended: make(chan error, 1)}
}

func (s *session) run() {
	ctx, stop := context.WithCancel(s.t.Context())
	s.stop = stop
	go func() { s.ended <- s.live.Run(ctx, s.in) }()
}

// await waits until so many packets have been read.
func (s *session) await(packets int64) {
	for {
		if n, _ := s.live.Read(); n >= packets {
			return
		}
		runtime.Gosched()
	}
}

// report stops the session and gives its report.
func (s *session) report() *inspect.Report {
	s.t.Helper()
	s.stop()
	if err := <-s.ended; err != nil {
		s.t.Fatal(err)
	}
	return s.in.Report()
}

// dial gives a socket that sends to the session's first address.
func (s *session) dial() *net.UDPConn {
	s.t.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(s.live.Addrs()[0]))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return conn
}

func write(t *testing.T, conn net.Conn, b []byte) {
	t.Helper()
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
}

// packet gives a part of a heap of so many parts, of 1000 bytes each.
func packet(cnt spead.HeapCnt, part, parts int) []byte {
	const size = 1000
	f := spead.Flavour{}
	b := wire.AppendHeader(nil, f, wire.SpecialCount)
	b = wire.AppendSpecials(b, f, wire.Specials{Cnt: cnt, HeapLength: int64(parts * size), PayloadOffset: int64(part * size), PayloadLength: size})
	return append(b, make([]byte, size)...)
}

// expectLoss checks that packets, all of them whole heaps, are missing for one cause.
func expectLoss(t *testing.T, r *inspect.Report, lost int64, cause inspect.Cause) {
	t.Helper()
	if lost == 0 {
		t.Fatal("nothing was lost")
	}
	if l := r.Loss; l.Packets != lost || l.Heaps != lost || !l.Exact || !slices.Equal(l.Causes, []inspect.Cause{cause}) {
		t.Errorf("%d packets were lost: %+v, %q", lost, l, r.Conclusion)
	}
}

// TestWhatASmallBufferLosesIsLostAtTheSocket sends more than a buffer holds before anybody reads it.
func TestWhatASmallBufferLosesIsLostAtTheSocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // others don't tell
	}
	s := newSession(t, Config{UDP: []netip.AddrPort{loopback()}, BufferSize: 8 << 10})
	conn := s.dial()
	const heaps = 400
	for i := range heaps {
		write(t, conn, packet(spead.HeapCnt(i), 0, 1))
	}
	// Only when the buffer is empty again, there is room for the packet by which the gap is seen.
	if err := s.live.sockets[0].readRest(); err != nil {
		t.Fatal(err)
	}
	write(t, conn, packet(heaps, 0, 1))
	before, _ := s.live.Read()
	s.run()
	s.await(before + 1)
	r := s.report()
	seen := only(t, r).Pace.Packets
	expectLoss(t, r, heaps+1-seen, inspect.SocketBuffer)
	if p := r.Places[0]; p.KernelDrops != heaps+1-seen {
		t.Errorf("%+v", p)
	}
}

// TestWhatIsLostOnTheWayIsLostBeforeArrival has a forwarder drop some packets.
func TestWhatIsLostOnTheWayIsLostBeforeArrival(t *testing.T) {
	s := newSession(t, Config{UDP: []netip.AddrPort{loopback()}})
	s.run()
	out := s.dial()
	in, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(loopback()))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	drop := []int{15, 16, 17, 31, 50} // heap 5, and a part of heaps 10 and 16
	const packets, parts = 90, 3
	forwarded := make(chan error, 1)
	go func() {
		buffer := make([]byte, 2000)
		for i := range packets {
			n, err := in.Read(buffer)
			if err == nil && !slices.Contains(drop, i) {
				_, err = out.Write(buffer[:n])
			}
			if err != nil {
				forwarded <- err
				return
			}
		}
		forwarded <- nil
	}()
	sender, err := net.DialUDP("udp", nil, in.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	for i := range packets {
		write(t, sender, packet(spead.HeapCnt(i/parts), i%parts, parts))
	}
	if err := <-forwarded; err != nil {
		t.Fatal(err)
	}
	s.await(packets - int64(len(drop)))
	r := s.report()
	l := r.Loss
	if l.Packets != 5 || l.Heaps != 1 || l.Incomplete != 2 || l.Before != 5 || !l.Exact || !slices.Equal(l.Causes, []inspect.Cause{inspect.BeforeArrival}) {
		t.Errorf("%+v, %q", l, r.Conclusion)
	}
}

// TestWhatASlowLookerLosesIsLostInTheQueue looks at nothing until all has been read.
func TestWhatASlowLookerLosesIsLostInTheQueue(t *testing.T) {
	s := newSession(t, Config{UDP: []netip.AddrPort{loopback()}, QueueBytes: 100_000})
	conn := s.dial()
	ends := s.live.read()
	const heaps = 500
	for i := range heaps {
		write(t, conn, packet(spead.HeapCnt(i), 0, 1))
		s.await(int64(i + 1)) // none is lost at the socket
	}
	s.stop = s.live.stop
	go func() { s.ended <- s.live.look(s.in, ends) }()
	for s.live.queue.held.Load() > 0 {
		runtime.Gosched()
	}
	write(t, conn, packet(heaps, 0, 1))
	s.await(heaps + 1)
	r := s.report()
	expectLoss(t, r, heaps+1-only(t, r).Pace.Packets, inspect.Queue)
}

func only(t *testing.T, r *inspect.Report) *inspect.Stream {
	t.Helper()
	if len(r.Streams) != 1 {
		t.Fatalf("%+v", r)
	}
	return &r.Streams[0]
}

func TestConnectionsAreStreams(t *testing.T) {
	s := newSession(t, Config{TCP: []netip.AddrPort{loopback()}, QueueBytes: 1}) // one parcel at a time
	s.run()
	const heaps = 10
	for range 2 {
		out, err := send.NewTCP(t.Context(), send.TCPConfig{Endpoint: s.live.Addrs()[0]})
		if err != nil {
			t.Fatal(err)
		}
		h := send.NewHeap(spead.Flavour{})
		h.AddItem(0x1000, make([]byte, 5000))
		for range heaps {
			if _, err := out.Send(t.Context(), h); err != nil {
				t.Fatal(err)
			}
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	junk, err := net.Dial("tcp", s.live.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	write(t, junk, append([]byte("something"), packet(1, 0, 1)...))
	junk.Close()
	s.await(2*heaps + 1)
	r := s.report()
	var complete []int64 // of each connection, which are read in any order
	for i := range r.Streams {
		complete = append(complete, r.Streams[i].Heaps.Complete)
	}
	slices.Sort(complete)
	if !slices.Equal(complete, []int64{1, heaps, heaps}) || r.Streams[0].Destination != s.live.Addrs()[0] {
		t.Errorf("complete heaps of each connection: %v", complete)
	}
	if p := r.Places[0]; p.Connections != 3 || p.Skipped != 9 || p.ConnectionsFailed != 0 {
		t.Errorf("%+v", p)
	}
}

func TestWhatCantBeListenedOnIsRefused(t *testing.T) {
	taken, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(loopback()))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	taken6, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken6.Close()
	for _, c := range []struct {
		name  string
		cfg   Config
		field bool
	}{
		{"a port in use", Config{UDP: []netip.AddrPort{loopback(), taken.LocalAddr().(*net.UDPAddr).AddrPort()}}, false},
		{"a TCP port in use", Config{TCP: []netip.AddrPort{taken6.Addr().(*net.TCPAddr).AddrPort()}}, false},
		{"no such interface", Config{UDP: []netip.AddrPort{netip.MustParseAddrPort("239.1.2.3:0")}, Interface: "nonsuch0"}, true},
		{"a negative queue", Config{QueueBytes: -1}, true},
	} {
		_, err := Listen(c.cfg)
		if err == nil || errors.As(err, new(*spead.FieldError)) != c.field {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestClosingWithoutRunningLeavesNothing(t *testing.T) {
	live, err := Listen(Config{UDP: []netip.AddrPort{loopback()}, TCP: []netip.AddrPort{loopback()}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := live.Close(); err != nil {
			t.Error(err)
		}
	}
}
