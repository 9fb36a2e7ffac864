// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/gospead/spead/internal/udp/sink"
)

// BenchmarkSingleHeaps sends heaps of 8 KiB one at a time into a sink: with Send, which waits for each,
// and as batches of one heap, of which some are in flight.
func BenchmarkSingleHeaps(b *testing.B) {
	b.Run("Send", func(b *testing.B) {
		s, h := newSinkStream(b, 1)
		for b.Loop() {
			if _, err := s.Send(context.Background(), h); err != nil {
				b.Fatal(err)
			}
		}
		checkSingles(b, s)
	})
	for _, inFlight := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("SendBatch/inFlight=%d", inFlight), func(b *testing.B) {
			s, h := newSinkStream(b, inFlight)
			batches := make([]Batch, inFlight)
			next := 0
			for b.Loop() {
				batch := &batches[next%inFlight]
				next++
				if err := batch.Wait(context.Background()); err != nil {
					b.Fatal(err)
				}
				batch.Heaps = append(batch.Heaps[:0], Ref{Heap: h})
				if err := s.SendBatch(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
			}
			if err := s.Flush(context.Background()); err != nil {
				b.Fatal(err)
			}
			checkSingles(b, s)
		})
	}
}

const singleBytes = 8 << 10

func newSinkStream(b *testing.B, inFlight int) (*Stream, *Heap) {
	to, err := sink.New()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { to.Close() })
	s, err := NewUDP(UDPConfig{
		Config:    Config{MaxPacketSize: 9000, MaxHeaps: inFlight},
		Endpoints: []netip.AddrPort{to.Addr()},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	b.SetBytes(singleBytes)
	b.ReportAllocs()
	return s, heapOf(singleBytes)
}

// checkSingles wants every heap to have left, each in a packet with 40 bytes of header and an item
// pointer.
func checkSingles(b *testing.B, s *Stream) {
	st := s.Stats()
	if st.Heaps != int64(b.N) || st.Bytes != int64(b.N)*(singleBytes+48) || st.FailedPackets != 0 {
		b.Fatalf("of %d heaps: %+v", b.N, st)
	}
}
