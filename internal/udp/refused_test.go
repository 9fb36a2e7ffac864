// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/gospead/spead/internal/wire"
)

func TestTooLongAndEmptyDatagramsAreCountedAndDropped(t *testing.T) {
	eachOffload(t, func(t *testing.T, a netip.Addr, gso, gro Offload) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a), MaxPacketSize: 1000, GRO: gro})
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, GSO: gso})
		checkRefused(t, s.WriteBatch, r.ReadBatch)
		if c := r.Counters(); c.TooLong != 24 || c.Empty != 5 {
			t.Errorf("counted %+v", c)
		}
	})
}

func TestSinglesCountTooLongAndEmptyDatagrams(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		conn := newTestConn(t, a)
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{localAddr(conn)}})
		var counters ReceiverCounters
		singleR := newSingleReceiver(conn, 1000, &counters)
		checkRefused(t, s.WriteBatch, singleR.read)
		if counters.TooLong != 24 || counters.Empty != 5 {
			t.Errorf("counted %+v", counters)
		}
	})
}

// checkRefused sends 24 datagrams of more than 1000 bytes, 5 empty ones and some good ones, and
// expects the latter.
func checkRefused(t *testing.T, write func([]wire.Datagram) (int, error), read func([][]byte) ([][]byte, error)) {
	t.Helper()
	var sizes []int
	sizes = append(sizes, slices.Repeat([]int{1001, 1001, 1000}, 10)...)
	sizes = append(sizes, 9000, 0, 0, 65507, 1000, 0, 1, 0, 0, 20000, 20000, 500)
	sent := datagrams(newRandom(t), sizes...)
	writeAll(t, write, sent)
	good := slices.DeleteFunc(slices.Clone(sent), func(d wire.Datagram) bool { return d.Size == 0 || d.Size > 1000 })
	expect(t, read, good)
}

func TestAFailedDatagramIsNamedAndTheOthersLeave(t *testing.T) {
	eachOffload(t, func(t *testing.T, a netip.Addr, gso, gro Offload) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a), GRO: gro})
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, GSO: gso})
		checkFailure(t, s.WriteBatch, r.ReadBatch)
		if state := s.Stats().Paths[0].GSO; gso == OffloadOff && state != GSODisabled {
			t.Errorf("segmentation offload is %v", state)
		}
	})
}

func TestSinglesNameTheFailedDatagram(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a)})
		endpoints := []netip.AddrPort{r.LocalAddr()}
		s := newTestSender(t, SenderConfig{Endpoints: endpoints})
		checkFailure(t, newSingleSender(s.conn, endpoints, &s.counters).write, r.ReadBatch)
	})
}

// checkFailure sends datagrams of which some are longer than UDP can carry.
func checkFailure(t *testing.T, write func([]wire.Datagram) (int, error), read func([][]byte) ([][]byte, error)) {
	t.Helper()
	oversize := 65528
	sent := datagrams(newRandom(t), 1000, 1000, oversize, 1000, 1000, 1000, oversize, oversize, 1000)
	var failed []int
	for first := 0; first < len(sent); {
		n, err := write(sent[first:])
		first += n
		if err == nil {
			break
		}
		if !isMessageTooLong(err) {
			t.Fatalf("datagram %d: %v", first, err)
		}
		failed = append(failed, first)
		first++
	}
	if !slices.Equal(failed, []int{2, 6, 7}) {
		t.Fatalf("datagrams %v failed", failed)
	}
	good := slices.DeleteFunc(slices.Clone(sent), func(d wire.Datagram) bool { return d.Size == oversize })
	expect(t, read, good)
}
