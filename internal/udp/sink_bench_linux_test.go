// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net/netip"
	"testing"

	"github.com/gospead/spead/internal/udp/sink"
)

// BenchmarkSink sends batches into a socket that drops everything in the kernel, unsegmented and
// unqueued: what is left is the sender's own cost. BenchmarkLoopback sees to the content.
func BenchmarkSink(b *testing.B) {
	eachPacketSize(b, func(b *testing.B, size int, offload Offload) {
		s := newTestSender(b, SenderConfig{Endpoints: []netip.AddrPort{newSink(b)}, GSO: offload})
		d := benchmarkDatagrams(b, size)
		b.SetBytes(int64(len(d) * size))
		b.ReportAllocs()
		for b.Loop() {
			s.benchmarkWrite(b, d)
		}
		reportPackets(b)
		b.ReportMetric(float64(s.Stats().Calls)/float64(b.N), "calls/op")
	})
}

// newSink opens a sink that is closed with the benchmark.
func newSink(b *testing.B) netip.AddrPort {
	to, err := sink.New()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { to.Close() })
	return to.Addr()
}

// BenchmarkBareLoop is what there is to reach: the messages of a batch of 512 KiB, in heaps of 64 KiB,
// laid once and sent again and again with one system call. `spead bench send --no-fill` beside it shows
// what the library takes.
func BenchmarkBareLoop(b *testing.B) {
	s := newTestSender(b, SenderConfig{Endpoints: []netip.AddrPort{newSink(b)}})
	d := benchmarkDatagrams(b, 8240)[:64]
	s.batch.lay(d)
	bytes, end := 0, s.batch.end
	for i := range d {
		bytes += d[i].Size
	}
	if laid := s.batch.datagrams[:end]; sum(laid) != len(d) {
		b.Fatalf("%v datagrams in %d messages", laid, end)
	}
	b.SetBytes(int64(bytes))
	b.ReportAllocs()
	if err := s.batch.raw.Write(func(fd uintptr) bool {
		for b.Loop() {
			s.batch.first = 0
			if s.batch.sendmmsg(fd); s.batch.errno != 0 || s.batch.sent != end {
				b.Fatalf("%d of %d messages left: %v", s.batch.sent, end, s.batch.errno)
			}
		}
		return true
	}); err != nil {
		b.Fatal(err)
	}
}

func sum(list []int) (total int) {
	for _, n := range list {
		total += n
	}
	return total
}
