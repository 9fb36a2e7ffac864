// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gospead/spead/internal/netns"
	"github.com/gospead/spead/internal/udp"
)

// faultyLink is a link between two namespaces: what goes to near arrives, and so does what goes to
// far, unless there is a fault.
type faultyLink struct {
	sender    *netns.Namespace
	in        *udp.Receiver
	near, far netip.AddrPort
}

// newFaultyLink skips the test where namespaces can't be had.
func newFaultyLink(t *testing.T) *faultyLink {
	t.Helper()
	l := &faultyLink{sender: netns.ForTest(t)}
	receiver := netns.ForTest(t)
	if err := errors.Join(
		l.sender.Connect("out", receiver, "in"),
		l.sender.IP("addr add 10.7.1.1/24 dev out", "link set out up"),
		receiver.IP("addr add 10.7.1.2/24 dev in", "addr add 10.7.9.2/32 dev in", "link set in up"),
	); err != nil {
		t.Fatal(err)
	}
	var err error
	receiver.Do(func() { l.in, err = udp.NewReceiver(udp.ReceiverConfig{Address: netip.MustParseAddrPort("0.0.0.0:0")}) })
	if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(20*time.Second, func() { l.in.Close() })
	t.Cleanup(func() {
		timer.Stop()
		l.in.Close()
	})
	port := l.in.LocalAddr().Port()
	l.near, l.far = netip.AddrPortFrom(netip.MustParseAddr("10.7.1.2"), port), netip.AddrPortFrom(netip.MustParseAddr("10.7.9.2"), port)
	return l
}

// arrive reads so many bytes.
func (l *faultyLink) arrive(t *testing.T, bytes int64) {
	t.Helper()
	var batch [][]byte
	for bytes > 0 {
		var err error
		if batch, err = l.in.ReadBatch(batch[:0]); err != nil {
			t.Fatalf("%d bytes didn't come: %v", bytes, err)
		}
		for _, b := range batch {
			bytes -= int64(len(b))
		}
	}
	if bytes < 0 {
		t.Errorf("%d bytes came that the results don't tell of", -bytes)
	}
}

func newStreamIn(t *testing.T, n *netns.Namespace, cfg UDPConfig) (s *Stream) {
	t.Helper()
	var err error
	n.Do(func() { s, err = NewUDP(cfg) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// fault is what the command ip does to the way, and how it is undone.
type fault struct {
	name    string
	on, off []string
	errno   syscall.Errno
	all     bool // nothing arrives
}

var faults = []fault{
	{"no route", nil, []string{"route add 10.7.9.0/24 via 10.7.1.2"}, syscall.ENETUNREACH, false},
	{"an unreachable host", []string{"route add unreachable 10.7.9.0/24"}, []string{"route replace 10.7.9.0/24 via 10.7.1.2"}, syscall.EHOSTUNREACH, false},
	{"a prohibition", []string{"route add prohibit 10.7.9.0/24"}, []string{"route replace 10.7.9.0/24 via 10.7.1.2"}, syscall.EACCES, false},
	// As if segmentation offload weren't supported.
	{"a black hole", []string{"route add blackhole 10.7.9.0/24"}, []string{"route replace 10.7.9.0/24 via 10.7.1.2"}, syscall.EINVAL, false},
	{"an interface that is down", []string{"link set out down"}, []string{"link set out up", "route add 10.7.9.0/24 via 10.7.1.2"}, syscall.ENETUNREACH, true},
}

func TestAFaultOnTheWayFailsJustTheHeapsThatGoThere(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			l := newFaultyLink(t)
			cfg := UDPConfig{Endpoints: []netip.AddrPort{l.near, l.far}, Config: Config{MaxHeaps: 16, Layout: LayoutStandard}}
			s := newStreamIn(t, l.sender, cfg)
			for _, order := range []Order{Serial, RoundRobin, Unordered} {
				if err := l.sender.IP(f.on...); err != nil {
					t.Fatal(err)
				}
				b := alternating(order)
				if err := s.SendBatch(t.Context(), b); err != nil {
					t.Fatal(err)
				}
				if err := b.Wait(t.Context()); !errors.Is(err, f.errno) {
					t.Errorf("order %d: the batch ended with %v", order, err)
				}
				l.arrive(t, checkFault(t, b, &f))
				if err := l.sender.IP(f.off...); err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context())); err != nil {
					t.Fatalf("order %d, afterwards: %v", order, err)
				}
				l.arrive(t, checkFault(t, b, &fault{}))
				if err := l.sender.IP("route flush 10.7.9.0/24"); err != nil {
					t.Fatal(err)
				}
			}
			st := s.Stats()
			if st.Transport.Paths[0].GSO == udp.GSODisabled || st.Transport.Paths[1].GSO == udp.GSODisabled {
				t.Errorf("segmentation offload: %+v", st.Transport.Paths)
			}
			if i := slices.IndexFunc(st.Transport.Errors, func(e ErrnoCount) bool { return e.Errno == f.errno }); i < 0 {
				t.Errorf("errors: %v", st.Transport.Errors)
			}
			l.closeAmid(t, s, &f)
		})
	}
}

// alternating is a batch with heaps of one packet and of several to both endpoints. It is small enough
// to wait for an address to be resolved.
func alternating(order Order) *Batch {
	b := &Batch{Order: order}
	small, large := heapOf(100), heapOf(5000)
	for i := range 8 {
		b.Heaps = append(b.Heaps, Ref{Heap: small, Substream: i % 2}, Ref{Heap: large, Substream: i / 2 % 2})
	}
	return b
}

// checkFault compares the results of such a batch with what a fault does, and gives the bytes that
// left.
func checkFault(t *testing.T, b *Batch, f *fault) (bytes int64) {
	t.Helper()
	for i, r := range b.Results() {
		whole := int64(100 + 48)
		if i%2 == 1 {
			whole = 5000 + 4*40 + 8
		}
		fails := f.errno != 0 && (f.all || b.Heaps[i].Substream == 1)
		switch {
		case fails && (!errors.Is(r.Err, f.errno) || r.Bytes != 0):
			t.Errorf("heap %d: %+v", i, r)
		case !fails && (r.Err != nil || r.Bytes != whole):
			t.Errorf("heap %d: %+v, want %d bytes", i, r, whole)
		}
		bytes += r.Bytes
	}
	return bytes
}

// closeAmid closes a stream while several goroutines send in spite of a fault: what was accepted has
// its results, as without.
func (l *faultyLink) closeAmid(t *testing.T, s *Stream, f *fault) {
	t.Helper()
	if err := l.sender.IP(f.on...); err != nil {
		t.Fatal(err)
	}
	before := s.Stats()
	var mu sync.Mutex
	var accepted, bytes int64
	var senders sync.WaitGroup
	begun := make(chan struct{}, 64)
	for range 3 {
		senders.Go(func() {
			b := alternating(RoundRobin)
			for {
				begun <- struct{}{}
				if err := s.SendBatch(t.Context(), b); err != nil {
					if !errors.Is(err, ErrClosed) {
						t.Error(err)
					}
					return
				}
				b.Wait(t.Context())
				mu.Lock()
				accepted += int64(len(b.Heaps))
				bytes += checkFault(t, b, f)
				mu.Unlock()
			}
		})
	}
	for range 20 {
		<-begun
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	go func() {
		for range begun {
		}
	}()
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	senders.Wait()
	close(begun)
	st := s.Stats()
	if st.Heaps+st.FailedHeaps-before.Heaps-before.FailedHeaps != accepted || st.Bytes-before.Bytes != bytes || st.HeapsInFlight != 0 {
		t.Errorf("%d heaps, %d bytes were accounted for; statistics: %+v, before %+v", accepted, bytes, st, before)
	}
}

// TestRefusalsByTheReceiversHostFailNothing sends where nobody listens, and is told so each time: by
// then the datagram has left.
func TestRefusalsByTheReceiversHostFailNothing(t *testing.T) {
	in, err := udp.NewReceiver(udp.ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")})
	if err != nil {
		t.Fatal(err)
	}
	to := in.LocalAddr()
	in.Close()
	s, err := NewUDP(UDPConfig{Endpoints: []netip.AddrPort{to}, Config: Config{MaxHeaps: 64}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 100 {
		if r, err := s.Send(t.Context(), heapOf(100)); err != nil || r.Bytes != 148 {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	b := manyHeaps(64, 5000)
	if err := errors.Join(s.SendBatch(t.Context(), b), s.Close(), b.Wait(t.Context())); err != nil {
		t.Error(err)
	}
	if st := s.Stats(); st.Heaps != 164 || len(st.Transport.Errors) != 1 || st.Transport.Errors[0].Errno != syscall.ECONNREFUSED {
		t.Errorf("statistics: %+v", st)
	}
}

// TestAPacketThatIsTooBigFailsItsHeapAndTheNextFits has the path shrink between two batches.
func TestAPacketThatIsTooBigFailsItsHeapAndTheNextFits(t *testing.T) {
	l := newFaultyLink(t)
	s := newStreamIn(t, l.sender, UDPConfig{Endpoints: []netip.AddrPort{l.near}, Config: Config{MaxPacketSize: PathMTU, MaxHeaps: 4}})
	b := manyHeaps(4, 1400)
	if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context())); err != nil {
		t.Fatal(err)
	}
	l.arrive(t, 4*1448)
	if err := l.sender.IP("link set out mtu 1000"); err != nil {
		t.Fatal(err)
	}
	var err error
	l.sender.Do(func() { err = s.SendBatch(t.Context(), b) }) // who sends asks for the way, from where he is
	if err != nil {
		t.Fatal(err)
	}
	var tooBig *TooBigError
	if err := b.Wait(t.Context()); !errors.As(err, &tooBig) || tooBig.Size != 1448 || tooBig.Limit != 1000-28 {
		t.Errorf("the batch ended with %v", err)
	}
	for i, r := range b.Results() {
		if !errors.Is(r.Err, syscall.EMSGSIZE) || r.Bytes != 0 {
			t.Errorf("heap %d: %+v", i, r)
		}
	}
	if err := errors.Join(s.SendBatch(t.Context(), b), b.Wait(t.Context())); err != nil {
		t.Errorf("the next batch: %v", err)
	}
	var sum int64
	for _, r := range b.Results() {
		sum += r.Bytes
	}
	l.arrive(t, sum)
}
