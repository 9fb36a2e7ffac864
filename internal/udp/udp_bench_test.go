// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"

	"github.com/gospead/spead/internal/wire"
)

// benchmarkBatch is how many datagrams the send loop hands over at once.
const benchmarkBatch = 64

// eachPacketSize runs a benchmark with two packet sizes and offload on and off.
func eachPacketSize(b *testing.B, run func(b *testing.B, size int, offload Offload)) {
	for _, size := range []int{1472, 8972} {
		for _, offload := range []Offload{OffloadAuto, OffloadOff} {
			name := [...]string{OffloadAuto: "on", OffloadOff: "off"}[offload]
			b.Run(fmt.Sprintf("size=%d/offload=%s", size, name), func(b *testing.B) { run(b, size, offload) })
		}
	}
}

// benchmarkDatagrams makes a batch of datagrams of one size, as the packetizer does: a header and one
// piece of payload each.
func benchmarkDatagrams(b *testing.B, size int) []wire.Datagram {
	const header = 72
	rnd := newRandom(b)
	d := make([]wire.Datagram, benchmarkBatch)
	for i := range d {
		random := datagram(rnd, size)
		content := random.AppendTo(nil)
		d[i] = wire.Datagram{Header: content[:header], Payload: [][]byte{content[header:]}, Size: size}
	}
	return d
}

func (s *Sender) benchmarkWrite(b *testing.B, d []wire.Datagram) {
	if n, err := s.WriteBatch(d); n < len(d) {
		b.Fatalf("%d of %d datagrams left: %v", n, len(d), err)
	}
}

func reportPackets(b *testing.B) {
	b.ReportMetric(float64(b.N)*benchmarkBatch/b.Elapsed().Seconds(), "packets/s")
}

// BenchmarkLoopback sends batches and reads them back in one goroutine, and compares every byte.
func BenchmarkLoopback(b *testing.B) {
	eachPacketSize(b, func(b *testing.B, size int, offload Offload) {
		r := newTestReceiver(b, ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0"), GRO: offload})
		s := newTestSender(b, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}, GSO: offload})
		d := benchmarkDatagrams(b, size)
		var received [][]byte
		b.SetBytes(int64(len(d) * size))
		b.ReportAllocs()
		for b.Loop() {
			s.benchmarkWrite(b, d)
			for n := 0; n < len(d); {
				var err error
				if received, err = r.ReadBatch(received[:0]); err != nil {
					b.Fatal(err)
				}
				for _, got := range received {
					header := len(d[n].Header)
					if len(got) != size || !bytes.Equal(got[:header], d[n].Header) || !bytes.Equal(got[header:], d[n].Payload[0]) {
						b.Fatalf("datagram %d isn't what was sent", n)
					}
					n++
				}
			}
		}
		reportPackets(b)
		if c := r.Counters(); c.KernelDrops+c.TooLong+c.Empty != 0 {
			b.Errorf("datagrams were lost: %+v", c)
		}
	})
}
