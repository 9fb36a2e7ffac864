// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gospead/spead/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is when a test gives up waiting for datagrams that don't come.
const patience = 20 * time.Second

// eachLoopback runs a test with the loopback addresses of this machine, one of each IP version.
func eachLoopback(t *testing.T, test func(t *testing.T, a netip.Addr)) {
	for _, a := range []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()} {
		t.Run(network(a), func(t *testing.T) {
			if a.Is6() {
				needIPv6(t)
			}
			test(t, a)
		})
	}
}

// needIPv6 skips a test where there is no IPv6.
func needIPv6(t *testing.T) {
	t.Helper()
	conn, err := listen(netip.AddrPortFrom(netip.IPv6Loopback(), 0))
	if err != nil {
		t.Skipf("needs IPv6: %v", err)
	}
	conn.Close()
}

func anyPort(a netip.Addr) netip.AddrPort { return netip.AddrPortFrom(a, 0) }

func newTestReceiver(t testing.TB, cfg ReceiverConfig) *Receiver {
	t.Helper()
	r, err := NewReceiver(cfg)
	if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(patience, func() { r.Close() })
	t.Cleanup(func() {
		timer.Stop()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func newTestSender(t testing.TB, cfg SenderConfig) *Sender {
	t.Helper()
	s, err := NewSender(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// datagram makes a datagram of size random bytes in several pieces, some of which may be empty.
func datagram(rnd *rand.Rand, size int) wire.Datagram {
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(rnd.Uint32())
	}
	d := wire.Datagram{Size: size}
	header := min(size, 8*rnd.IntN(12))
	d.Header, content = content[:header:header], content[header:]
	for len(content) > 0 {
		n := min(len(content), rnd.IntN(2+size/2))
		d.Payload = append(d.Payload, content[:n:n])
		content = content[n:]
	}
	return d
}

func datagrams(rnd *rand.Rand, sizes ...int) []wire.Datagram {
	d := make([]wire.Datagram, len(sizes))
	for i, size := range sizes {
		d[i] = datagram(rnd, size)
	}
	return d
}

// newRandom returns a generator whose seed is printed if the test fails.
func newRandom(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// writeAll sends all datagrams.
func writeAll(t testing.TB, write func([]wire.Datagram) (int, error), d []wire.Datagram) {
	t.Helper()
	if n, err := write(d); n != len(d) || err != nil {
		t.Fatalf("%d of %d datagrams left: %v", n, len(d), err)
	}
}

// expect reads until as many datagrams have come as are wanted, and compares them.
func expect(t testing.TB, read func([][]byte) ([][]byte, error), want []wire.Datagram) {
	t.Helper()
	var batch [][]byte
	for i := 0; i < len(want); {
		var err error
		if batch, err = read(batch[:0]); err != nil {
			t.Fatalf("%d of %d datagrams came: %v", i, len(want), err)
		}
		for _, got := range batch {
			if i == len(want) {
				t.Fatalf("more than %d datagrams came", len(want))
			}
			if !bytes.Equal(got, want[i].AppendTo(nil)) {
				t.Fatalf("datagram %d: %d bytes came that aren't the %d sent", i, len(got), want[i].Size)
			}
			i++
		}
	}
}

// eachOffload runs a test with all combinations of IP version and offload.
func eachOffload(t *testing.T, test func(t *testing.T, a netip.Addr, gso, gro Offload)) {
	names := [...]string{OffloadAuto: "on", OffloadOff: "off"}
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		for gso, gsoName := range names {
			for gro, groName := range names {
				t.Run(fmt.Sprintf("gso %s/gro %s", gsoName, groName), func(t *testing.T) {
					test(t, a, Offload(gso), Offload(gro))
				})
			}
		}
	})
}

// newTestConn opens a socket as package net gives it, for the portable way.
func newTestConn(tb testing.TB, local netip.Addr) *net.UDPConn {
	tb.Helper()
	conn, err := listen(anyPort(local))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	return conn
}
