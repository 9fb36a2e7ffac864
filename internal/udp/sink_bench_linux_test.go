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
