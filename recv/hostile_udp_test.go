// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/send"
)

const (
	// firstGoodCnt is beyond the cnts of hostile packets.
	firstGoodCnt = 1<<39 + 1
	// packetsPerSource is how many packets a flood sends from each of its ports.
	packetsPerSource = 10
	hostileMemoryMax = 4 << 20
)

// TestHostilePacketsAtFullRateHarmNobody sends each class of bad packets through sockets, as fast as it
// goes, for as long as it takes to send good heaps to a stream beside it, and to the very stream that
// the bad ones go to. What they miss, the sockets have lost, and memory stays within the limit.
func TestHostilePacketsAtFullRateHarmNobody(t *testing.T) {
	classes := hostilePackets(rand.New(rand.NewPCG(3, 4)))
	classes["empty datagrams"] = make([][]byte, 1000)
	for name, packets := range classes {
		t.Run(name, func(t *testing.T) {
			a := newAttack(t, packets)
			var attackers sync.WaitGroup
			attackers.Go(func() { a.flood(t) })
			a.sendGood(t)
			close(a.enough)
			attackers.Wait()
			a.neighbour.end(t)
			a.victim.end(t)
			a.check(t)
		})
	}
}

// attack is a stream that hostile packets go to, and one beside it.
type attack struct {
	packets           [][]byte
	victim, neighbour *besieged
	enough            chan struct{}
	hostile           int64 // sent
}

// besieged is a stream with what sends it good heaps.
type besieged struct {
	*Stream
	out              *send.Stream
	size             int
	sent, taken, bad atomic.Int64
	over             chan struct{}
}

func newAttack(t *testing.T, packets [][]byte) *attack {
	t.Helper()
	return &attack{
		packets: packets,
		enough:  make(chan struct{}),
		// Heaps of one packet, so that a stream which is flooded with cnts has no time to give them up.
		victim:    newBesieged(t, 1000),
		neighbour: newBesieged(t, 5000),
	}
}

func newBesieged(t *testing.T, size int) *besieged {
	t.Helper()
	s, err := NewStream(Config{AllowOutOfOrder: true, MergeOverlaps: true, MaxHeaps: 64, MaxHeapLength: 1 << 39,
		MaxMemory: hostileMemoryMax, MaxItems: 1000, Incomplete: true, CntStep: 1, CheckAccounts: true, MaxSenders: 10})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.AddUDP(UDPConfig{Address: netip.MustParseAddrPort("127.0.0.1:0"), MaxPacketSize: 65507}), s.Start())
	// Without offload, the kernel counts each packet that it drops.
	out, err := send.NewUDP(send.UDPConfig{Endpoints: s.Addrs(), GSO: send.OffloadOff, Config: send.Config{MaxPacketSize: 1472, MaxHeaps: 64}})
	must(t, err)
	t.Cleanup(func() { out.Close() })
	must(t, out.SetCntSequence(firstGoodCnt, 1))
	b := &besieged{Stream: s, out: out, size: size, over: make(chan struct{})}
	go b.consume()
	return b
}

// consume takes all heaps, and looks at the good ones.
func (b *besieged) consume() {
	defer close(b.over)
	for h := range b.Heaps(context.Background()) {
		for range h.Items() {
			continue
		}
		for range h.Descriptors() {
			continue
		}
		if h.Cnt() >= firstGoodCnt && h.Complete() && !h.IsStop() {
			b.taken.Add(1)
			if !bytes.Equal(h.Payload(), pattern(b.size, 1)) {
				b.bad.Add(1)
			}
		}
		h.Release()
	}
}

// sendGood sends good heaps to both streams.
func (a *attack) sendGood(t *testing.T) {
	const batches, heaps = 10, 50
	for range batches {
		for _, b := range []*besieged{a.neighbour, a.victim} {
			var batch send.Batch
			for range heaps {
				batch.Heaps = append(batch.Heaps, send.Ref{Heap: heapOf(b.size, 1)})
			}
			if err := b.out.SendBatch(t.Context(), &batch); err != nil {
				t.Error(err)
				return
			}
			if err := batch.Wait(t.Context()); err != nil {
				t.Error(err)
				return
			}
			b.sent.Add(heaps)
		}
	}
}

// flood sends the hostile packets, again and again, from one port after the other.
func (a *attack) flood(t *testing.T) {
	to := a.victim.Addrs()[0].String()
	for i := 0; ; {
		conn, err := net.Dial("udp", to)
		if err != nil {
			t.Error(err)
			return
		}
		for range packetsPerSource {
			if _, err := conn.Write(a.packets[i%len(a.packets)]); err != nil {
				t.Error(err)
			}
			i++
			a.hostile++
		}
		conn.Close()
		select {
		case <-a.enough:
			if i >= len(a.packets) {
				return
			}
		default:
		}
	}
}

// end has the stream end after all that was sent to it.
func (b *besieged) end(t *testing.T) {
	for {
		select {
		case <-b.over:
			return
		default:
		}
		if _, err := b.out.Send(t.Context(), stopHeap()); err != nil {
			t.Error(err)
			return
		}
	}
}

func (a *attack) check(t *testing.T) {
	for name, b := range map[string]*besieged{"neighbour": a.neighbour, "victim": a.victim} {
		st := b.Stats()
		checkLaw(t, st)
		missing := b.sent.Load() - b.taken.Load()
		lost := st.KernelDrops
		if b == a.victim {
			lost += st.Refused[spead.RefusedMemoryLimit] // where hostile heaps are in its queue
		}
		if b.Err() != nil || b.bad.Load() != 0 || missing < 0 || missing > lost || st.Memory.HeldMax > hostileMemoryMax {
			t.Errorf("%s: %d heaps are missing, %d are wrong, error %v, statistics: %+v", name, missing, b.bad.Load(), b.Err(), st)
		}
	}
	st := a.victim.Stats()
	if least := a.hostile + a.victim.sent.Load() + 1; st.PacketsSeen+st.KernelDrops < least {
		t.Errorf("victim: of %d packets %d were seen and %d dropped", least, st.PacketsSeen, st.KernelDrops)
	}
	st = a.neighbour.Stats()
	if n := st.Refused.Total() - st.Refused[spead.RefusedStopped]; n != 0 {
		t.Errorf("neighbour: %d packets were refused", n)
	}
}
