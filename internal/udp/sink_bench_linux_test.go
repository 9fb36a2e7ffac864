// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
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

// newSink opens a socket whose filter, one instruction that returns 0, accepts nothing. With UDP_GRO
// the kernel needn't split messages before it drops them.
func newSink(b *testing.B) netip.AddrPort {
	conn, err := listen(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	enableGRO(conn)
	dropAll := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	if err := control(conn, func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: 1, Filter: &dropAll})
	}); err != nil {
		b.Fatal(err)
	}
	return localAddr(conn)
}
