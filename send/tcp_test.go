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
	"time"

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

// checkResults expects heaps that left whole, then one that may have left in part, then none, and
// returns all the bytes.
func checkResults(t *testing.T, b *Batch, heapBytes int64, want error) (sum int64) {
	t.Helper()
	failed := false
	for i, r := range b.Results() {
		sum += r.Bytes
		switch {
		case !failed && r.Err == nil:
			if r.Bytes != heapBytes {
				t.Errorf("heap %d: %d bytes without an error", i, r.Bytes)
			}
		case r.Err == nil:
			t.Errorf("heap %d left after one that failed", i)
		case !errors.Is(r.Err, want):
			t.Errorf("heap %d: %v", i, r.Err)
		case failed && r.Bytes != 0 || r.Bytes >= heapBytes:
			t.Errorf("heap %d failed with %d bytes", i, r.Bytes)
		default:
			failed = true
		}
	}
	if !failed {
		t.Error("all heaps left")
	}
	return sum
}

const blockedHeapBytes = 1<<20 + 17*40 + 8 // in packets of 65504 bytes: headers, and the item's pointer

func TestAPeersResetFailsTheHeapAtThatPointAndAllLater(t *testing.T) {
	p := newNarrowPeer(t, TCPConfig{Config: Config{MaxHeaps: 64}})
	b := manyHeaps(64, 1<<20)
	if err := p.stream.SendBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(p, make([]byte, 5*blockedHeapBytes)); err != nil {
		t.Fatal(err)
	}
	p.SetLinger(0) // Close resets the connection
	p.Close()
	err := b.Wait(t.Context())
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the batch ended with %v", err)
	}
	if sum := checkResults(t, b, blockedHeapBytes, err); sum < 5*blockedHeapBytes || b.Results()[4].Err != nil {
		t.Errorf("%d bytes left", sum)
	}
	r, err := p.stream.Send(t.Context(), heapOf(100))
	if err == nil || r.Bytes != 0 {
		t.Errorf("afterwards: %+v", r)
	}
	if st := p.stream.Stats(); len(st.Transport.Errors) != 1 || st.Transport.Errors[0].Count != 1 {
		t.Errorf("statistics: %+v", st.Transport)
	}
}

func TestCloseGivesUpOnAPeerThatTakesNothing(t *testing.T) {
	p := newNarrowPeer(t, TCPConfig{Config: Config{MaxHeaps: 64}, Linger: 10 * time.Millisecond})
	b := manyHeaps(64, 1<<20)
	if err := errors.Join(p.stream.SendBatch(t.Context(), b), p.stream.Close()); err != nil {
		t.Fatal(err)
	}
	if err := b.Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("the batch ended with %v", err)
	}
	sum := checkResults(t, b, blockedHeapBytes, ErrClosed)
	if got := <-p.readAll(); int64(len(got)) != sum {
		t.Errorf("%d bytes came, %d are in the results", len(got), sum)
	}
}

func TestClosingWaitsForAPeerThatTakesSomething(t *testing.T) {
	p := newNarrowPeer(t, TCPConfig{Config: Config{MaxHeaps: 64}, Linger: time.Minute})
	b := manyHeaps(8, 1<<20)
	if err := p.stream.SendBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error)
	go func() { closed <- p.stream.Close() }()
	all := p.readAll()
	if err := errors.Join(<-closed, b.Wait(t.Context())); err != nil {
		t.Error(err)
	}
	if got := heapCntsOf(t, <-all); len(got) != 8*17 {
		t.Errorf("%d packets came", len(got))
	}
}

func TestACancelledHeapLeavesWholePacketsBehind(t *testing.T) {
	p := newNarrowPeer(t, TCPConfig{Config: Config{MaxHeaps: 64}})
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan Result)
	go func() {
		r, err := p.stream.Send(ctx, heapOf(64<<20))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the heap ended with %v", err)
		}
		result <- r
	}()
	first := make([]byte, 100_000) // the sender waits now, or will soon
	if _, err := io.ReadFull(p, first); err != nil {
		t.Fatal(err)
	}
	cancel()
	cut := <-result
	all := p.readAll()
	if r, err := p.stream.Send(t.Context(), heapOf(100_000)); err != nil || r.Bytes != 100_000+2*40+8 {
		t.Errorf("the next heap: %+v, %v", r, err)
	}
	p.stream.Close()
	content := append(first, <-all...)
	cnts := heapCntsOf(t, content)
	if int64(len(content)) != cut.Bytes+100_088 || cut.Bytes%65504 != 0 || cnts[len(cnts)-1] != 2 {
		t.Errorf("%d bytes came, %d of the heap that was cancelled", len(content), cut.Bytes)
	}
}

func TestACancelledHeapsLastPacketIsFinishedByClose(t *testing.T) {
	p := newNarrowPeer(t, TCPConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := make(chan Result)
	go func() {
		r, _ := p.stream.Send(ctx, heapOf(64<<20))
		cancelled <- r
	}()
	first := make([]byte, 100_000)
	if _, err := io.ReadFull(p, first); err != nil {
		t.Fatal(err)
	}
	cancel()
	cut := <-cancelled
	all := p.readAll()
	p.stream.Close()
	content := append(first, <-all...)
	heapCntsOf(t, content)
	if int64(len(content)) != cut.Bytes {
		t.Errorf("%d bytes came, %d are in the result", len(content), cut.Bytes)
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
