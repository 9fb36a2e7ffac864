// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/gospead/spead/internal/wire"
)

func TestMovingDatagramsAllocatesNothing(t *testing.T) {
	eachOffload(t, func(t *testing.T, a netip.Addr, gso, gro Offload) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a), GRO: gro})
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, GSO: gso})
		checkAllocations(t, s.WriteBatch, r.ReadBatch)
	})
}

func TestMovingDatagramsSinglyAllocatesNothing(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		conn := newTestConn(t, a)
		endpoints := []netip.AddrPort{localAddr(conn)}
		s := newTestSender(t, SenderConfig{Endpoints: endpoints})
		checkAllocations(t, newSingleSender(s.conn, endpoints, &s.counters).write,
			newSingleReceiver(conn, defaultPacketMax, new(ReceiverCounters)).read)
	})
}

func checkAllocations(t *testing.T, write func([]wire.Datagram) (int, error), read func([][]byte) ([][]byte, error)) {
	t.Helper()
	sent := datagrams(newRandom(t), slices.Repeat([]int{1472, 1472, 1000}, 20)...)
	var received [][]byte
	cycle := func() {
		writeAll(t, write, sent)
		for n := 0; n < len(sent); n += len(received) {
			var err error
			if received, err = read(received[:0]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if allocs := testing.AllocsPerRun(100, cycle); allocs != 0 {
		t.Errorf("%v allocations per %d datagrams", allocs, len(sent))
	}
}
