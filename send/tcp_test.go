// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// tcpPeer is the other end of a stream over TCP.
type tcpPeer struct {
	*net.TCPConn
	stream *Stream
}

// newNarrowPeer is newTCPPeer with small buffers, so that a peer that doesn't read is felt soon.
func newNarrowPeer(t *testing.T, cfg TCPConfig) *tcpPeer {
	t.Helper()
	cfg.BufferSize = 32 << 10
	p := newTCPPeer(t, cfg)
	if err := p.SetReadBuffer(16 << 10); err != nil {
		t.Fatal(err)
	}
	return p
}

// newTCPPeer connects a stream to a listener on the loopback interface.
func newTCPPeer(t *testing.T, cfg TCPConfig) *tcpPeer {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cfg.Endpoint = netip.MustParseAddrPort(l.Addr().String())
	s, err := NewTCP(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &tcpPeer{conn.(*net.TCPConn), s}
}

// readAll reads until the stream has ended, in the background.
func (p *tcpPeer) readAll() <-chan []byte {
	all := make(chan []byte, 1)
	go func() {
		content, _ := io.ReadAll(p)
		all <- content
	}()
	return all
}

// heapCntsOf takes bytes apart into whole packets, and says which heaps they are of.
func heapCntsOf(t *testing.T, content []byte) []spead.HeapCnt {
	t.Helper()
	var cnts []spead.HeapCnt
	for len(content) > 0 {
		var p wire.Packet
		size, refusal := p.Decode(content)
		if size <= 0 {
			t.Fatalf("%d bytes are no packet: %v", len(content), refusal)
		}
		cnts = append(cnts, p.Cnt)
		content = content[size:]
	}
	return cnts
}

// manyHeaps is a batch of heaps with n bytes each.
func manyHeaps(heaps, n int) *Batch {
	b := &Batch{Heaps: make([]Ref, heaps)}
	h := heapOf(n)
	for i := range b.Heaps {
		b.Heaps[i].Heap = h
	}
	return b
}

// asWritten is what a stream over a writer makes of a batch.
func asWritten(t *testing.T, cfg Config, batches ...*Batch) []byte {
	t.Helper()
	var buffer bytes.Buffer
	s, err := NewWriter(cfg, &buffer)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, b := range batches {
		if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	return bytes.Clone(buffer.Bytes())
}

func TestTCPCarriesPacketsWithNothingBetween(t *testing.T) {
	for _, packet := range []int{56, 1472, 9000, 65504} {
		for _, buffer := range []int{0, 4 << 20} {
			cfg := Config{MaxPacketSize: packet, MaxHeaps: 64}
			p := newTCPPeer(t, TCPConfig{Config: cfg, BufferSize: buffer})
			all := p.readAll()
			small, large := manyHeaps(40, 100), manyHeaps(3, 300_000)
			for _, b := range []*Batch{small, large} {
				if err := errors.Join(p.stream.SendBatch(t.Context(), b), b.Wait(t.Context())); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.stream.Close(); err != nil {
				t.Fatal(err)
			}
			if got := <-all; !bytes.Equal(got, asWritten(t, cfg, small, large)) {
				t.Errorf("packets of %d: %d bytes came that aren't those sent", packet, len(got))
			}
			st := p.stream.Stats()
			if st.Transport.Packets != st.Packets || st.Transport.Calls == 0 || st.Transport.Errors != nil {
				t.Errorf("statistics: %+v", st)
			}
		}
	}
}

func TestTCPUsesLargePacketsByDefault(t *testing.T) {
	p := newTCPPeer(t, TCPConfig{})
	all := p.readAll()
	r, err := p.stream.Send(t.Context(), heapOf(65504-48))
	if err != nil || r.Bytes != 65504 {
		t.Errorf("%+v, %v", r, err)
	}
	p.stream.Close()
	if cnts := heapCntsOf(t, <-all); len(cnts) != 1 {
		t.Errorf("%d packets", len(cnts))
	}
}

func TestWhatTCPCantUseIsRefused(t *testing.T) {
	to := netip.MustParseAddrPort("127.0.0.1:9")
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	for _, c := range []struct {
		field string
		cfg   TCPConfig
	}{
		{"Endpoint", TCPConfig{}},
		{"Endpoint", TCPConfig{Endpoint: netip.MustParseAddrPort("127.0.0.1:0")}},
		{"Endpoint", TCPConfig{Endpoint: netip.MustParseAddrPort("239.1.2.3:9")}},
		{"Endpoint", TCPConfig{Endpoint: to, Conn: a}},
		{"Source", TCPConfig{Endpoint: to, Source: netip.IPv6Loopback()}},
		{"Source", TCPConfig{Conn: a, Source: to.Addr()}},
		{"BufferSize", TCPConfig{Endpoint: to, BufferSize: -1}},
		{"BufferSize", TCPConfig{Conn: a, BufferSize: 1}},
		{"Linger", TCPConfig{Endpoint: to, Linger: -1}},
	} {
		_, err := NewTCP(t.Context(), c.cfg)
		var refused *spead.FieldError
		if !errors.As(err, &refused) || refused.Field != "send.TCPConfig."+c.field {
			t.Errorf("%s: %v", c.field, err)
		}
	}
	_, err := NewTCP(t.Context(), TCPConfig{Endpoint: to, Config: Config{MaxPacketSize: PathMTU}})
	var refused *spead.FieldError
	if !errors.As(err, &refused) || refused.Field != "send.Config.MaxPacketSize" {
		t.Errorf("path MTU: %v", err)
	}
}

func TestWithoutAListenerNewTCPFails(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := TCPConfig{Endpoint: netip.MustParseAddrPort(l.Addr().String()), Source: netip.MustParseAddr("127.0.0.1")}
	l.Close()
	if _, err := NewTCP(t.Context(), cfg); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewTCP(ctx, cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

func TestTCPConnectsFromTheSource(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	source := netip.MustParseAddr("127.0.0.5")
	s, err := NewTCP(t.Context(), TCPConfig{Endpoint: netip.MustParseAddrPort(l.Addr().String()), Source: source})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if from := netip.MustParseAddrPort(conn.RemoteAddr().String()); from.Addr() != source {
		t.Errorf("connected from %v", from)
	}
}

func TestAConnectionThatIsThereAlreadyIsUsed(t *testing.T) {
	here, there := net.Pipe()
	s, err := NewTCP(t.Context(), TCPConfig{Conn: here, Config: Config{MaxPacketSize: 1472}})
	if err != nil {
		t.Fatal(err)
	}
	all := make(chan []byte, 1)
	go func() {
		content, _ := io.ReadAll(there)
		all <- content
	}()
	b := manyHeaps(4, 5000)
	if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	if got := <-all; !bytes.Equal(got, asWritten(t, Config{MaxPacketSize: 1472}, b)) {
		t.Errorf("%d bytes came that aren't those sent", len(got))
	}
}

func TestTCPAllocatesNothingInTheSteadyState(t *testing.T) {
	p := newTCPPeer(t, TCPConfig{Config: Config{MaxHeaps: 64, MaxPacketSize: 9000}, BufferSize: 1 << 20})
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 1<<20)
		for {
			if _, err := p.Read(buffer); err != nil {
				return
			}
		}
	}()
	b := manyHeaps(16, 40_000)
	ctx := context.Background()
	if allocs := testing.AllocsPerRun(100, func() {
		if err := errors.Join(p.stream.SendBatch(ctx, b), b.Wait(ctx)); err != nil {
			t.Fatal(err)
		}
	}); allocs >= 1 {
		t.Errorf("%v allocations per batch", allocs)
	}
	p.stream.Close()
	<-done
}
