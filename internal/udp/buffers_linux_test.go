// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// limit reads one of the kernel's limits, in bytes.
func limit(t *testing.T, name string) int {
	t.Helper()
	text, err := os.ReadFile("/proc/sys/net/core/" + name)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAClippedReceiveBufferIsReported(t *testing.T) {
	conn := newTestConn(t, netip.MustParseAddr("127.0.0.1"))
	most := limit(t, "rmem_max")
	granted, err := setBuffer(conn, most+1<<20, unix.SO_RCVBUF)
	if err != nil || granted != most {
		t.Errorf("%d bytes granted, with a limit of %d: %v", granted, most, err)
	}
	granted, err = setReceiveBuffer(conn, most+1<<20)
	if err != nil || granted != most && granted != most+1<<20 {
		t.Errorf("%d bytes granted, by privilege if there is one: %v", granted, err)
	}
}

func TestASendBufferIsAsLargeAsTheLimit(t *testing.T) {
	most := limit(t, "wmem_max")
	s := newTestSender(t, SenderConfig{Endpoints: endpoints("127.0.0.1:9")})
	if got := s.BufferSize(); got != min(most, DefaultSendBuffer) {
		t.Errorf("%d bytes by default, with a limit of %d", got, most)
	}
	s = newTestSender(t, SenderConfig{Endpoints: endpoints("127.0.0.1:9"), BufferSize: most + 1<<20})
	if got := s.BufferSize(); got != most {
		t.Errorf("%d bytes granted, with a limit of %d", got, most)
	}
}

// TestDroppedDatagramsAreCounted fills a small buffer; the next datagram that gets in says how many
// didn't.
func TestDroppedDatagramsAreCounted(t *testing.T) {
	r := newTestReceiver(t, ReceiverConfig{
		Address: netip.MustParseAddrPort("127.0.0.1:0"), BufferSize: 64 << 10, GRO: OffloadOff})
	s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, GSO: OffloadOff})
	for round := range 2 {
		sent := datagrams(newRandom(t), slices.Repeat([]int{8000}, 100)...)
		writeAll(t, s.WriteBatch, sent)
		got, err := r.ReadBatch(nil)
		if err != nil || len(got) == 0 || len(got) >= len(sent) {
			t.Fatalf("%d datagrams came: %v", len(got), err)
		}
		dropped := int64((round + 1) * (len(sent) - len(got)))
		last := datagrams(newRandom(t), 100)
		writeAll(t, s.WriteBatch, last)
		expect(t, r.ReadBatch, last)
		if c := r.Counters(); c.KernelDrops != dropped {
			t.Errorf("%d drops counted, expected %d", c.KernelDrops, dropped)
		}
	}
}

func TestTheDropCounterWraps(t *testing.T) {
	m := dropMeter{}
	var total int64
	for _, counter := range []uint32{0, 5, 5, 4, 7, 1 << 30, 1<<31 - 1, 1<<32 - 2, 3, 1<<32 - 1, 4} {
		total += m.advance(counter)
	}
	if total != 1<<32+4 {
		t.Errorf("%d drops", total)
	}
}
