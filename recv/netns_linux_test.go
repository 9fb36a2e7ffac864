// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"errors"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/gospead/spead/internal/netns"
	"github.com/gospead/spead/send"
)

// link is a pair of namespaces with a wire between them.
type link struct {
	sender, receiver *netns.Namespace
}

// newLink skips the test where namespaces can't be had.
func newLink(t *testing.T) *link {
	t.Helper()
	l := &link{sender: netns.ForTest(t), receiver: netns.ForTest(t)}
	err := errors.Join(
		l.sender.Connect("out", l.receiver, "in"),
		l.sender.IP("addr add 10.7.3.1/24 dev out", "addr add fd00:7:3::1/64 dev out nodad", "link set out up",
			"route add 224.0.0.0/4 dev out", "addr add 10.7.3.3/24 dev out"),
		l.receiver.IP("addr add 10.7.3.2/24 dev in", "addr add fd00:7:3::2/64 dev in nodad", "link set in up"),
	)
	if err != nil {
		t.Fatal(err)
	}
	l.awaitCarrier(t)
	return l
}

// awaitCarrier waits until both ends know of each other: what is sent before is lost.
func (l *link) awaitCarrier(t *testing.T) {
	t.Helper()
	for n, device := range map[*netns.Namespace]string{l.sender: "out", l.receiver: "in"} {
		for up := false; !up; {
			n.Do(func() {
				text, err := exec.Command("ip", "-o", "link", "show", "dev", device).CombinedOutput()
				up = err != nil || strings.Contains(string(text), "state UP")
				if err != nil {
					t.Errorf("%v: %s", err, text)
				}
			})
		}
	}
}

// listen returns a stream that receives in the receiver's namespace; it isn't started.
func (l *link) listen(t *testing.T, cfg Config, source UDPConfig) *Stream {
	t.Helper()
	s, err := NewStream(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	l.receiver.Do(func() { err = s.AddUDP(source) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// dial returns a stream that sends from the sender's namespace.
func (l *link) dial(t *testing.T, cfg send.UDPConfig) (s *send.Stream) {
	t.Helper()
	var err error
	l.sender.Do(func() { s, err = send.NewUDP(cfg) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestHeapsCrossAWire(t *testing.T) {
	l := newLink(t)
	source := netip.MustParseAddr
	for _, tc := range []struct {
		name     string
		receiver UDPConfig
		sender   send.UDPConfig
	}{
		{"IPv4", UDPConfig{Address: netip.MustParseAddrPort("10.7.3.2:0")}, send.UDPConfig{}},
		{"IPv6", UDPConfig{Address: netip.MustParseAddrPort("[fd00:7:3::2]:0")}, send.UDPConfig{}},
		{"four sockets", UDPConfig{Address: netip.MustParseAddrPort("10.7.3.2:0"), Sockets: 4}, send.UDPConfig{}},
		{"a group by the interface's name", UDPConfig{Address: netip.MustParseAddrPort("239.7.3.1:0"), Interface: "in"},
			send.UDPConfig{Interface: "out"}},
		{"a group by the interface's address", UDPConfig{Address: netip.MustParseAddrPort("239.7.3.1:0"), Interface: "10.7.3.2"},
			send.UDPConfig{Interface: "10.7.3.1"}},
		{"an IPv6 group", UDPConfig{Address: netip.MustParseAddrPort("[ff15::7:3]:0"), Interface: "in"},
			send.UDPConfig{Interface: "out"}},
		{"a group by its sender", UDPConfig{Address: netip.MustParseAddrPort("232.7.3.1:0"), Interface: "in",
			Senders: []netip.Addr{source("10.7.3.3")}}, send.UDPConfig{Interface: "out", Source: source("10.7.3.3")}},
		{"an IPv6 group by its sender", UDPConfig{Address: netip.MustParseAddrPort("[ff35::7:3]:0"), Interface: "in",
			Senders: []netip.Addr{source("fd00:7:3::1")}}, send.UDPConfig{Interface: "out", Source: source("fd00:7:3::1")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := l.listen(t, Config{QueueHeaps: 100}, tc.receiver)
			if err := in.Start(); err != nil {
				t.Fatal(err)
			}
			tc.sender.Endpoints = in.Addrs()
			out := l.dial(t, tc.sender)
			for i := range 20 {
				if _, err := out.Send(t.Context(), heapOf(1+i*997, i)); err != nil {
					t.Fatal(err)
				}
				h := nextHeap(t, in)
				if got := h.Payload(); string(got) != string(pattern(1+i*997, i)) || !h.Complete() {
					t.Errorf("heap %d arrived changed", i)
				}
				h.Release()
			}
			if st := in.Stats(); st.Refused.Total() != 0 || st.KernelDrops != 0 || st.HeapsDelivered != 20 {
				t.Errorf("statistics: %+v", st)
			}
		})
	}
}

func TestAGroupOfAnotherSenderStaysAway(t *testing.T) {
	l := newLink(t)
	in := l.listen(t, Config{}, UDPConfig{Address: netip.MustParseAddrPort("232.7.3.1:0"), Interface: "in",
		Senders: []netip.Addr{netip.MustParseAddr("10.7.3.3")}})
	if err := in.Start(); err != nil {
		t.Fatal(err)
	}
	for i, from := range []string{"10.7.3.1", "10.7.3.3"} {
		out := l.dial(t, send.UDPConfig{Endpoints: in.Addrs(), Interface: "out", Source: netip.MustParseAddr(from)})
		if _, err := out.Send(t.Context(), heapOf(10, i)); err != nil {
			t.Fatal(err)
		}
	}
	h := nextHeap(t, in)
	defer h.Release()
	if h.Payload()[0] != 1 {
		t.Error("a heap of another sender came first")
	}
}

// TestASocketThatOverflowsSaysWhatItLost sends more than a small buffer holds before anybody reads it.
func TestASocketThatOverflowsSaysWhatItLost(t *testing.T) {
	l := newLink(t)
	const heaps = 400
	in := l.listen(t, Config{QueueHeaps: heaps}, UDPConfig{
		Address: netip.MustParseAddrPort("10.7.3.2:0"), BufferSize: 64 << 10, GRO: OffloadOff})
	out := l.dial(t, send.UDPConfig{Endpoints: in.Addrs(), GSO: send.OffloadOff})
	for i := range heaps {
		if _, err := out.Send(t.Context(), heapOf(1000, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Start(); err != nil {
		t.Fatal(err)
	}
	nextHeap(t, in).Release()
	// What has come by the time that the stream ends, with its last datagram, is all that was kept.
	if _, err := out.Send(t.Context(), stopHeap()); err != nil {
		t.Fatal(err)
	}
	for range in.Heaps(t.Context()) {
	}
	st := in.Stats()
	checkLaw(t, st)
	if st.KernelDrops == 0 || st.PacketsSeen+st.KernelDrops != heaps+1 || st.HeapsDelivered+st.KernelDrops != heaps {
		t.Errorf("of %d packets %d came and %d were dropped; %d heaps", heaps+1, st.PacketsSeen, st.KernelDrops, st.HeapsDelivered)
	}
}

// TestWhatARateLimitDropsIsMissing sends faster than a token bucket on the way lets through. What the
// bucket says that it dropped is what the receiver misses, and nothing else.
func TestWhatARateLimitDropsIsMissing(t *testing.T) {
	l := newLink(t)
	if output, err := l.tc("qdisc add dev out root tbf rate 40mbit burst 16kb limit 64kb"); err != nil {
		t.Skipf("needs the rate limit of tc: %v: %s", err, output)
	}
	const heaps, each = 300, 4
	in := l.listen(t, Config{QueueHeaps: heaps, AllowOutOfOrder: true, MaxHeaps: heaps}, UDPConfig{Address: netip.MustParseAddrPort("10.7.3.2:0")})
	out := l.dial(t, send.UDPConfig{Endpoints: in.Addrs(), GSO: send.OffloadOff})
	for i := range heaps {
		if _, err := out.Send(t.Context(), heapOf(1432*each-8, i)); err != nil {
			t.Fatal(err)
		}
	}
	dropped := l.dropped(t)
	if _, err := l.tc("qdisc del dev out root"); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Send(t.Context(), stopHeap()); err != nil {
		t.Fatal(err)
	}
	if err := in.Start(); err != nil {
		t.Fatal(err)
	}
	for h := range in.Heaps(t.Context()) {
		if !bytes.Equal(h.Payload(), pattern(len(h.Payload()), int(h.Cnt()-1))) {
			t.Errorf("heap %d arrived changed", h.Cnt())
		}
		h.Release()
	}
	st := in.Stats()
	checkLaw(t, st)
	missing := heaps*each + 1 - st.PacketsSeen - st.KernelDrops
	if dropped == 0 || missing != dropped || st.HeapsDelivered == heaps {
		t.Errorf("%d packets were dropped, %d are missing; statistics: %+v", dropped, missing, st)
	}
}

// tc runs the command tc where the sender is.
func (l *link) tc(arguments string) (output string, err error) {
	l.sender.Do(func() {
		var text []byte
		text, err = exec.Command("tc", strings.Fields(arguments)...).CombinedOutput()
		output = string(text)
	})
	return output, err
}

// dropped waits until the limiter has nothing left to send, and gives the number of packets that it
// has dropped.
func (l *link) dropped(t *testing.T) int64 {
	t.Helper()
	for {
		output, err := l.tc("-s qdisc show dev out")
		_, after, found := strings.Cut(output, "dropped ")
		if err != nil || !found {
			t.Fatalf("%v: %s", err, output)
		}
		if strings.Contains(output, "backlog 0b") {
			n, err := strconv.ParseInt(after[:strings.IndexByte(after, ',')], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
}
