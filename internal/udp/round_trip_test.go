// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/gospead/spead/internal/wire"
)

// sizeCases are batches of datagrams by their sizes in bytes.
var sizeCases = []struct {
	name  string
	sizes []int
}{
	{"one datagram", []int{1000}},
	{"a run of equal sizes", slices.Repeat([]int{1472}, 64)},
	{"a run of large ones takes several messages", slices.Repeat([]int{9000}, 50)},
	{"more than a system call takes", slices.Repeat([]int{1000, 1001}, 100)},
	{"each run ends with a shorter one", slices.Repeat([]int{1472, 1472, 1472, 700}, 16)},
	{"sizes fall", []int{900, 800, 700, 600, 500}},
	{"sizes rise", []int{500, 600, 700, 800, 900}},
	{"large and small in turns", slices.Repeat([]int{9000, 7480}, 30)},
	{"one byte each", slices.Repeat([]int{1}, 200)},
	{"the largest, between small ones", []int{56, 65507, 56, 65507, 65507, 56}},
	{"a message of exactly the largest size", []int{32753, 32753, 1, 1}},
	{"a message just below, and just above", []int{32754, 32753, 1, 32754, 32754}},
}

func TestDatagramsArriveWholeAndInOrder(t *testing.T) {
	eachOffload(t, func(t *testing.T, a netip.Addr, gso, gro Offload) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a), MaxPacketSize: 65535, GRO: gro})
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, GSO: gso})
		for _, c := range sizeCases {
			t.Run(c.name, func(t *testing.T) {
				sent := datagrams(newRandom(t), c.sizes...)
				writeAll(t, s.WriteBatch, sent)
				expect(t, r.ReadBatch, sent)
			})
		}
		if c := r.Counters(); c.TooLong != 0 || c.Empty != 0 || c.KernelDrops != 0 {
			t.Errorf("some were refused: %+v", c)
		}
	})
}

func TestRandomBatchesArriveWholeAndInOrder(t *testing.T) {
	eachOffload(t, func(t *testing.T, a netip.Addr, gso, gro Offload) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a), GRO: gro})
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, GSO: gso})
		rnd := newRandom(t)
		for range 50 {
			var sizes []int
			for range 1 + rnd.IntN(8) {
				sizes = append(sizes, slices.Repeat([]int{1 + rnd.IntN(9200)}, 1+rnd.IntN(9))...)
			}
			sent := datagrams(rnd, sizes...)
			writeAll(t, s.WriteBatch, sent)
			expect(t, r.ReadBatch, sent)
		}
	})
}

func TestEachSubstreamHasItsOwnDestination(t *testing.T) {
	eachOffload(t, func(t *testing.T, a netip.Addr, gso, gro Offload) {
		var receivers [3]*Receiver
		var endpoints []netip.AddrPort
		for i := range receivers {
			receivers[i] = newTestReceiver(t, ReceiverConfig{Address: anyPort(a), GRO: gro})
			endpoints = append(endpoints, receivers[i].LocalAddr())
		}
		s := newTestSender(t, SenderConfig{Endpoints: endpoints, GSO: gso})
		sent := datagrams(newRandom(t), slices.Repeat([]int{2000}, 60)...)
		want := make([][]wire.Datagram, len(receivers))
		for i := range sent {
			substream := i / 2 % len(receivers)
			sent[i].Substream = substream
			want[substream] = append(want[substream], sent[i])
		}
		writeAll(t, s.WriteBatch, sent)
		for i, r := range receivers {
			expect(t, r.ReadBatch, want[i])
		}
	})
}

func TestADatagramMayHaveMorePiecesThanTheKernelTakes(t *testing.T) {
	eachOffload(t, func(t *testing.T, a netip.Addr, gso, gro Offload) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a), GRO: gro})
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, GSO: gso})
		rnd := newRandom(t)
		var sent []wire.Datagram
		for i := range 20 {
			d := datagram(rnd, 4000)
			content := d.AppendTo(nil)
			d.Payload = nil
			for b := range slices.Chunk(content[len(d.Header):], 1+i%3) {
				d.Payload = append(d.Payload, b)
			}
			sent = append(sent, d)
		}
		writeAll(t, s.WriteBatch, sent)
		expect(t, r.ReadBatch, sent)
	})
}

func TestBatchesAndSinglesUnderstandEachOther(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		r, conn := newTestReceiver(t, ReceiverConfig{Address: anyPort(a)}), newTestConn(t, a)
		endpoints := []netip.AddrPort{r.LocalAddr(), localAddr(conn)}
		s := newTestSender(t, SenderConfig{Endpoints: endpoints})
		toBatch := newSingleSender(s.conn, endpoints[:1], &s.counters)
		toSingle := newSingleSender(s.conn, endpoints[1:], &s.counters)
		singleR := newSingleReceiver(conn, defaultPacketMax, &r.counters)
		sent := datagrams(newRandom(t), slices.Repeat([]int{1472, 1472, 900}, 10)...)
		for range 3 {
			writeAll(t, toBatch.write, sent)
			expect(t, r.ReadBatch, sent)
			writeAll(t, toSingle.write, sent)
			expect(t, singleR.read, sent)
		}
	})
}

func TestSourceIsWhereDatagramsComeFrom(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		r := newTestReceiver(t, ReceiverConfig{Address: anyPort(a)})
		s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, Source: a})
		if got := s.LocalAddr(); got.Addr() != a || got.Port() == 0 {
			t.Errorf("the sender's address is %v", got)
		}
		writeAll(t, s.WriteBatch, datagrams(newRandom(t), 100))
		_, err := r.ReadBatch(nil)
		if from := r.Origins(); err != nil || len(from) != 1 || from[0] != (Origin{s.LocalAddr(), 1, 100}) {
			t.Errorf("from %v: %v", from, err)
		}
	})
}
