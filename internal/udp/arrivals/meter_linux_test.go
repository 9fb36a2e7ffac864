// SPDX-License-Identifier: Apache-2.0

package arrivals

import (
	"net"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryPacketIsNotedInOrder(t *testing.T) {
	m, err := New()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(m.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sizes := []int{0, 1, 9000, 65507, 8}
	for _, size := range sizes {
		if _, err := conn.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	close(done)
	if err := m.Record(done); err != nil {
		t.Fatal(err)
	}
	if len(m.Arrivals) != len(sizes) || m.Dropped != 0 {
		t.Fatalf("noted %v, %d dropped; want %d arrivals", m.Arrivals, m.Dropped, len(sizes))
	}
	last := int64(1)
	for i, a := range m.Arrivals {
		if a.Bytes != sizes[i] || a.Packets != 1 || a.Nanos < last {
			t.Errorf("arrival %d is %+v, want %d bytes after %d", i, a, sizes[i], last)
		}
		last = a.Nanos
	}
	for range 2 {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
