// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"bytes"
	"errors"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

// udpPair returns a stream that sends to another over the loopback interface.
func udpPair(t testing.TB, local string, sendCfg send.UDPConfig, recvCfg recv.Config) (*send.Stream, *recv.Stream) {
	t.Helper()
	in, err := recv.NewStream(recvCfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	if err := in.AddUDP(recv.UDPConfig{Address: netip.MustParseAddrPort(local)}); err != nil {
		t.Fatal(err)
	}
	if err := in.Start(); err != nil {
		t.Fatal(err)
	}
	sendCfg.Endpoints = in.Addrs()
	out, err := send.NewUDP(sendCfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out, in
}

func filled(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7) + seed
	}
	return b
}

func TestHeapsOverUDPArriveAsTheyWereSent(t *testing.T) {
	for _, local := range []string{"127.0.0.1:0", "[::1]:0"} {
		for _, offload := range []send.Offload{send.OffloadAuto, send.OffloadOff} {
			out, in := udpPair(t, local, send.UDPConfig{GSO: offload}, recv.Config{})
			for i := range 20 {
				h := send.NewHeap(spead.Flavour{})
				want := filled(1+i*3777, byte(i))
				h.AddItem(0x1000, want)
				if _, err := out.Send(t.Context(), h); err != nil {
					t.Fatal(err)
				}
				got, err := in.Next(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if !got.Complete() || !bytes.Equal(got.Payload(), want) {
					t.Errorf("%s: heap %d arrived changed", local, got.Cnt())
				}
				got.Release()
			}
			if st := in.Stats(); st.Refused.Total() != 0 || st.KernelDrops != 0 {
				t.Errorf("%s: statistics: %+v", local, st)
			}
		}
	}
}

func TestADatagramLongerThanTheLargestPacketIsCounted(t *testing.T) {
	out, in := udpPair(t, "127.0.0.1:0", send.UDPConfig{Config: send.Config{MaxPacketSize: 20000}}, recv.Config{})
	for _, n := range []int{15000, 5000} {
		h := send.NewHeap(spead.Flavour{})
		h.AddItem(0x1000, make([]byte, n))
		if _, err := out.Send(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	h, err := in.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if h.Received() != 5000 {
		t.Errorf("a heap of %d bytes arrived", h.Received())
	}
	if st := in.Stats(); st.Refused[spead.RefusedTooLong] != 1 || st.PacketsSeen != 2 {
		t.Errorf("statistics: %+v", st)
	}
}

func TestUDPConfigurationErrorsNameTheField(t *testing.T) {
	in, err := recv.NewStream(recv.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var field *spead.FieldError
	if err := in.AddUDP(recv.UDPConfig{}); !errors.As(err, &field) || field.Field != "recv.UDPConfig.Address" {
		t.Errorf("without an address: %v", err)
	}
	if _, err := send.NewUDP(send.UDPConfig{}); !errors.As(err, &field) || field.Field != "send.UDPConfig.Endpoints" {
		t.Errorf("without endpoints: %v", err)
	}
}

func TestClosingAStreamThatWaitsForDatagrams(t *testing.T) {
	_, in := udpPair(t, "127.0.0.1:0", send.UDPConfig{}, recv.Config{})
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Next(t.Context()); !errors.Is(err, recv.ErrStopped) {
		t.Errorf("after Close, Next gave %v", err)
	}
	if err := in.Err(); err != nil {
		t.Errorf("closing counts as an error: %v", err)
	}
}

// until waits until a stream's figures are as expected.
func until(t *testing.T, in *recv.Stream, what string, good func(recv.Stats) bool) recv.Stats {
	t.Helper()
	for began := time.Now(); ; runtime.Gosched() {
		st := in.Stats()
		if good(st) {
			return st
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("%s: not in ten seconds: %+v", what, st)
		}
	}
}

func sendHeaps(t *testing.T, out *send.Stream, n, size int) {
	t.Helper()
	for range n {
		h := send.NewHeap(spead.Flavour{})
		h.AddItem(0x1000, make([]byte, size))
		if _, err := out.Send(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSocketsAreDrainedWhileTheConsumerIsAway(t *testing.T) {
	out, in := udpPair(t, "127.0.0.1:0", send.UDPConfig{}, recv.Config{QueueHeaps: 1000})
	for _, away := range []string{"before the first Next", "after a Next"} {
		before := in.Stats().PacketsSeen
		sendHeaps(t, out, 10, 1000)
		until(t, in, away, func(st recv.Stats) bool { return st.PacketsSeen == before+10 && st.HeapsQueued == 10 })
		for range 10 {
			h, err := in.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			h.Release()
		}
	}
}

func TestAFullQueueLeavesDatagramsToTheSocket(t *testing.T) {
	out, in := udpPair(t, "127.0.0.1:0", send.UDPConfig{}, recv.Config{QueueHeaps: 3})
	sendHeaps(t, out, 10, 1000)
	st := until(t, in, "a full queue", func(st recv.Stats) bool { return st.WorkerBlocked > 0 })
	if st.HeapsQueued != 3 || st.PacketsSeen != 3 {
		t.Errorf("with a full queue: %+v", st)
	}
	for range 10 {
		h, err := in.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.Release()
	}
}

func TestOnHeapIsCalledForHeapsFromSockets(t *testing.T) {
	heaps := make(chan spead.HeapCnt, 10)
	out, _ := udpPair(t, "127.0.0.1:0", send.UDPConfig{}, recv.Config{OnHeap: func(h *recv.Heap) {
		heaps <- h.Cnt()
		h.Release()
	}})
	sendHeaps(t, out, 10, 1000)
	for range 10 {
		<-heaps
	}
}
