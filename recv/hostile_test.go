// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"context"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// hostilePacket makes a packet that says anything (cnt, heap length, payload offset and length), has
// further pointers, and a body of any length.
func hostilePacket(says [4]int64, body int, pointers ...wire.Pointer) []byte {
	b := wire.AppendHeader(nil, spead.Flavour{}, wire.SpecialCount+len(pointers))
	b = wire.AppendSpecials(b, spead.Flavour{}, wire.Specials{
		Cnt: spead.HeapCnt(says[0]), HeapLength: says[1], PayloadOffset: says[2], PayloadLength: says[3],
	})
	for _, p := range pointers {
		b = wire.AppendPointer(b, p)
	}
	return append(b, make([]byte, body)...)
}

// hostilePackets gives some of each class of packets that could do harm.
func hostilePackets(r *rand.Rand) map[string][][]byte {
	const huge = 1<<39 - 1
	some := func(make func() []byte) (list [][]byte) {
		for range 2000 {
			list = append(list, make())
		}
		return list
	}
	anyCnt := func() int64 { return r.Int64N(1 << 39) }
	many := func(n int) (list []wire.Pointer) {
		for range n {
			list = append(list, wire.ImmediatePointer(40, spead.ItemID(0x100+r.IntN(1<<20)), r.Uint64N(1<<39)))
		}
		return list
	}
	nested := hostilePacket([4]int64{1, 48, 0, 48}, 48, wire.AddressPointer(40, spead.DescriptorID, 0))
	for range 20 {
		inner := nested
		nested = hostilePacket([4]int64{1, int64(len(inner)), 0, int64(len(inner))}, 0, wire.AddressPointer(40, spead.DescriptorID, 0))
		nested = append(nested, inner...)
	}
	return map[string][][]byte{
		"lengths of 2^39":       some(func() []byte { return hostilePacket([4]int64{anyCnt(), huge, 0, 8}, 8) }),
		"offsets of 2^39":       some(func() []byte { return hostilePacket([4]int64{anyCnt(), huge, huge - 8, 8}, 8) }),
		"offsets past the end":  some(func() []byte { return hostilePacket([4]int64{anyCnt(), 100, 1 + r.Int64N(huge), 8}, 8) }),
		"contradicting lengths": some(func() []byte { return hostilePacket([4]int64{5, 1000 + r.Int64N(1000), r.Int64N(1000), 8}, 8) }),
		"addresses of 2^39": some(func() []byte {
			return hostilePacket([4]int64{anyCnt(), 8, 0, 8}, 8, wire.AddressPointer(40, 0x1000, huge))
		}),
		"counts of 65535":            some(func() []byte { return append(wire.AppendHeader(nil, spead.Flavour{}, 65535), make([]byte, 100)...) }),
		"many pointers":              slices.Repeat([][]byte{hostilePacket([4]int64{7, 1000, 0, 8}, 8, many(8000)...), hostilePacket([4]int64{7, 1000, 8, 8}, 8, many(8000)...)}, 10),
		"a flood of cnts":            some(func() []byte { return hostilePacket([4]int64{anyCnt(), 1 << 20, 0, 1000}, 1000) }),
		"nothing at all":             some(func() []byte { return hostilePacket([4]int64{anyCnt(), 0, 0, 0}, 0) }),
		"parts of nothing":           some(func() []byte { return hostilePacket([4]int64{3, huge, r.Int64N(huge), 0}, 0) }),
		"single bytes far apart":     some(func() []byte { return hostilePacket([4]int64{4, 1 << 20, 2 * r.Int64N(1<<19), 1}, 1) }),
		"nested descriptors":         slices.Repeat([][]byte{nested}, 100),
		"noise":                      some(func() []byte { return noise(r) }),
		"noise behind a header":      some(func() []byte { return append(wire.AppendHeader(nil, spead.Flavour{}, r.IntN(20)), noise(r)...) }),
		"payloads that aren't there": some(func() []byte { return hostilePacket([4]int64{anyCnt(), huge, 0, huge}, 8) }),
	}
}

func noise(r *rand.Rand) []byte {
	b := make([]byte, 1+r.IntN(300))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestHostilePacketsHarmNobody sends each class of bad packets to a stream with another one beside it:
// that gets all its heaps, and memory stays within the limit.
func TestHostilePacketsHarmNobody(t *testing.T) {
	const memoryMax = 4 << 20
	r := rand.New(rand.NewPCG(1, 2))
	var good []byte
	for i := range 200 {
		good = append(good, packetsOf(t, 1472, heapOf(5000, i))...)
	}
	goodPackets := split(t, good)
	for name, packets := range hostilePackets(r) {
		for _, anyOrder := range []bool{false, true} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			victim := newTestStream(t, Config{AllowOutOfOrder: anyOrder, MergeOverlaps: anyOrder, MaxHeaps: 64, MaxHeapLength: 1 << 39,
				MaxMemory: memoryMax, MaxItems: 1000, Incomplete: true, CntStep: 1, CheckAccounts: true, MaxSenders: 10},
				&listSource{datagrams: packets, err: io.EOF})
			neighbour := newTestStream(t, Config{}, &listSource{datagrams: goodPackets, err: io.EOF})
			done := make(chan int)
			go func() {
				n := 0
				for h := range neighbour.Heaps(context.Background()) {
					n++
					h.Release()
				}
				done <- n
			}()
			for h := range victim.Heaps(t.Context()) {
				for range h.Items() {
					continue
				}
				for range h.Descriptors() {
					continue
				}
				h.Release()
			}
			if n := <-done; n != 200 {
				t.Errorf("%s: the neighbour got %d of 200 heaps", name, n)
			}
			runtime.ReadMemStats(&after)
			st := victim.Stats()
			checkLaw(t, st)
			if st.PacketsSeen != int64(len(packets)) || victim.Err() != nil || st.Memory.HeldMax > memoryMax {
				t.Errorf("%s: %v, %+v", name, victim.Err(), st)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 128<<20 {
				t.Errorf("%s: %d packets cost %d bytes of memory", name, len(packets), grown)
			}
		}
	}
}
