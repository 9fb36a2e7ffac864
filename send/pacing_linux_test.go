// SPDX-License-Identifier: Apache-2.0

package send

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/netns"
	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/internal/wire"
)

func TestWhatTheKernelsPacingCantBeIsRefused(t *testing.T) {
	to := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	paced := Config{Rate: 1e6}
	for _, c := range []struct {
		field, allowed string
		cfg            UDPConfig
	}{
		{"send.UDPConfig.Pacing", "PacingSoftware or PacingKernel", UDPConfig{Pacing: 2}},
		{"send.UDPConfig.Pacing", "lo, which has noqueue", UDPConfig{Pacing: PacingKernel, Config: paced}},
		{"send.UDPConfig.Pacing", "options of Conn", UDPConfig{Pacing: PacingKernel, Config: paced, Conn: conn}},
		{"send.Config.Rate", "1472 bytes", UDPConfig{Pacing: PacingKernel}},
		{"send.Config.Rate", "9000 bytes", UDPConfig{Pacing: PacingKernel, Config: Config{Rate: 8999, MaxPacketSize: 9000}}},
		{"send.Config.Rate", "1472 bytes", UDPConfig{Pacing: PacingKernel, Config: Config{MaxPacketSize: PathMTU}}},
		{"send.Config.BurstRateRatio", "0", UDPConfig{Pacing: PacingKernel, Config: Config{Rate: 1e6, BurstRateRatio: 1.05}}},
	} {
		c.cfg.Endpoints = to
		s, err := NewUDP(c.cfg)
		var refused *spead.FieldError
		if !errors.As(err, &refused) || refused.Field != c.field || !strings.Contains(refused.Allowed, c.allowed) {
			t.Errorf("%s: %v", c.field, err)
		}
		if err == nil {
			s.Close()
		}
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	for field, cfg := range map[string]TCPConfig{
		"send.TCPConfig.Pacing":      {Pacing: PacingKernel, Config: paced, Conn: a},
		"send.Config.Rate":           {Pacing: PacingKernel, Endpoint: to[0]},
		"send.Config.BurstSize":      {Pacing: PacingKernel, Endpoint: to[0], Config: Config{Rate: 1e6, BurstSize: 1000}},
		"send.Config.BurstRateRatio": {Pacing: PacingKernel, Endpoint: to[0], Config: Config{Rate: 1e6, BurstRateRatio: 1.05}},
	} {
		_, err := NewTCP(t.Context(), cfg)
		var refused *spead.FieldError
		if !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if got := fmt.Sprint(PacingSoftware, PacingKernel, Pacing(7)); got != "software kernel unknown" {
		t.Errorf("names: %s", got)
	}
}

// TestWhatTheKernelPacesOverTCPArrives logs how fast; that the rate is set is a matter of internal/udp/pacing.
func TestWhatTheKernelPacesOverTCPArrives(t *testing.T) {
	const rate, bytes = 100e6, 20e6
	p := newTCPPeer(t, TCPConfig{Pacing: PacingKernel, Config: Config{Rate: rate, MaxHeaps: 64}})
	all := p.readAll()
	began := time.Now()
	b := manyHeaps(20, bytes/20)
	if err := errors.Join(p.stream.SendBatch(t.Context(), b), b.Wait(t.Context()), p.stream.Close()); err != nil {
		t.Fatal(err)
	}
	content := <-all
	took := time.Since(began)
	t.Logf("%d bytes in %v: %.4g bytes per second", len(content), took, float64(len(content))/took.Seconds())
	heapCntsOf(t, content)
}

func TestTheKernelPacesAllHeapsAlike(t *testing.T) {
	p := newTCPPeer(t, TCPConfig{Pacing: PacingKernel, Config: Config{Rate: 1e9}})
	_, err := p.stream.SendRef(t.Context(), Ref{Heap: heapOf(10), Rate: 1e6})
	var refused *spead.FieldError
	if !errors.As(err, &refused) || refused.Field != "send.Ref.Rate" {
		t.Errorf("%v", err)
	}
}

// fairLink joins two namespaces by devices of which the first has fq; where there is none, the test is skipped.
func fairLink(t *testing.T) (sender, receiver *netns.Namespace) {
	t.Helper()
	sender, receiver = netns.ForTest(t), netns.ForTest(t)
	if err := errors.Join(
		sender.Connect("out", receiver, "in"),
		sender.IP("addr add 10.7.1.1/24 dev out", "link set out mtu 9100 up"),
		receiver.IP("addr add 10.7.1.2/24 dev in", "link set in mtu 9100 up"),
	); err != nil {
		t.Fatal(err)
	}
	if err := sender.TC("qdisc add dev out root fq"); err != nil {
		t.Skipf("needs fq, which this kernel doesn't have: %v", err)
	}
	return sender, receiver
}

// fairCase is how to send through fq: sizes in bytes, and bytes per second.
type fairCase struct {
	packet, heap int
	rate         float64
	gso          Offload
}

// TestFairQueueingLosesNothing sends faster than the rate allows: nothing is lost on the way, however
// small packets are. It logs how fast they came.
func TestFairQueueingLosesNothing(t *testing.T) {
	sender, receiver := fairLink(t)
	var in *udp.Receiver
	var err error
	receiver.Do(func() { in, err = udp.NewReceiver(udp.ReceiverConfig{Address: netip.MustParseAddrPort("10.7.1.2:0")}) })
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	timer := time.AfterFunc(20*time.Second, func() { in.Close() })
	defer timer.Stop()
	for _, c := range []fairCase{
		{1472, 100_000, 10e6, OffloadAuto}, {1472, 100_000, 10e6, OffloadOff},
		{9000, 100_000, 10e6, OffloadAuto}, {9000, 1, 50e3, OffloadOff}, {9000, 3000, 10e6, OffloadOff},
	} {
		cfg := UDPConfig{
			Config:    Config{MaxPacketSize: c.packet, MaxHeaps: 256, Rate: c.rate},
			Endpoints: []netip.AddrPort{in.LocalAddr()},
			Pacing:    PacingKernel, GSO: c.gso,
		}
		var s *Stream
		sender.Do(func() { s, err = NewUDP(cfg) })
		if err != nil {
			t.Fatal(err)
		}
		checkFairLink(t, s, in, c)
	}
}

func checkFairLink(t *testing.T, s *Stream, in *udp.Receiver, c fairCase) {
	t.Helper()
	b := manyHeaps(max(min(256, int(c.rate)/4/c.heap), 2), c.heap)
	began := time.Now()
	if err := s.SendBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	came := make(chan int64)
	go func() { came <- readHeaps(in, len(b.Heaps)) }()
	if err := errors.Join(b.Wait(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	got, took := <-came, time.Since(began)
	var want int64
	for _, r := range b.Results() {
		want += r.Bytes
	}
	if got != want {
		t.Errorf("%d bytes came of %d", got, want)
	}
	t.Logf("packets of %d, heaps of %d: %d bytes in %v: %.4g bytes per second of %.4g",
		c.packet, c.heap, want, took, float64(want)/took.Seconds(), c.rate)
}

// readHeaps gives the bytes of the packets that come, up to the last of heap cnt last.
func readHeaps(in *udp.Receiver, last int) (bytes int64) {
	var batch [][]byte
	for {
		var err error
		if batch, err = in.ReadBatch(batch[:0]); err != nil {
			return bytes
		}
		for _, b := range batch {
			bytes += int64(len(b))
			var p wire.Packet
			if p.Decode(b); p.Cnt == spead.HeapCnt(last) && p.PayloadOffset+int64(len(p.Payload)) == p.HeapLength {
				return bytes
			}
		}
	}
}
