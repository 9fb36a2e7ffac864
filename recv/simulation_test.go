// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/simnet"
	"github.com/gospead/spead/internal/wire"
)

// simulation is a stream behind a network that misbehaves, with a consumer that does too. All that is
// left to chance comes from the seed, but for the order in which goroutines run.
type simulation struct {
	t       *testing.T
	random  *rand.Rand
	cfg     Config
	network simnet.Network
	stops   bool // the consumer closes the stream at some time

	heaps   []sentHeap
	sent    [][]byte
	arrived [][]byte
	// index of the packets sent that arrived unchanged, by their first byte's address.
	fate map[*byte]*fate

	complete         map[spead.HeapCnt]int
	incomplete       int
	missing          int64
	delivered, bytes int64
}

type sentHeap struct {
	cnt     spead.HeapCnt
	payload []byte
	packets []int
	arrived int // of its packets, each counted once
}

type fate struct {
	heap  int
	times int
}

const simulatedStep = 3

// TestNothingIsLostWithoutANumber plays many streams. It is the test of the promises in doc.go.
func TestNothingIsLostWithoutANumber(t *testing.T) {
	seeds := uint64(10_000)
	if testing.Short() {
		seeds = 500
	}
	for seed := range seeds {
		s := newSimulation(t, seed)
		s.play()
		if t.Failed() {
			t.Fatalf("seed %d: %+v, %+v", seed, s.network, s.cfg)
		}
	}
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	r := rand.New(rand.NewPCG(seed, 2))
	s := &simulation{t: t, random: r, fate: map[*byte]*fate{}, complete: map[spead.HeapCnt]int{}}
	chance := func(p float64) float64 {
		if r.IntN(2) == 0 {
			return 0
		}
		return r.Float64() * p
	}
	s.network = simnet.Network{
		Seed: seed, Loss: chance(0.3), Repeat: chance(0.2), Reach: r.IntN(2) * r.IntN(8),
		Truncate: chance(0.1) * float64(r.IntN(2)), Corrupt: chance(0.2) * float64(r.IntN(2)),
	}
	s.cfg = Config{
		MaxHeaps: []int{1, 4, 64, 64}[r.IntN(4)], Substreams: 1 + r.IntN(2), AllowOutOfOrder: r.IntN(3) > 0,
		MergeOverlaps: r.IntN(2) == 0, Incomplete: r.IntN(3) > 0, QueueHeaps: 1 + r.IntN(5),
		QueueBytes: int64(r.IntN(2) * 3000), WhenFull: WhenFull(r.IntN(6) % 3 * r.IntN(2)),
		MaxHeapLength: 1 << 20, MaxMemory: 1 << 22, CntStep: simulatedStep, CheckAccounts: true,
	}
	s.stops = r.IntN(8) == 0
	s.send()
	return s
}

// send makes heaps and their packets, and has the network carry them.
func (s *simulation) send() {
	r := s.random
	f := spead.Flavour{}
	for i := range 4 + r.IntN(16) {
		h := sentHeap{cnt: spead.HeapCnt(100 + i*simulatedStep), payload: make([]byte, 1+r.IntN(3000))}
		for j := range h.payload {
			h.payload[j] = byte(r.Uint32())
		}
		size := 50 + r.IntN(1000)
		for offset := 0; offset < len(h.payload); offset += size {
			part := h.payload[offset:min(offset+size, len(h.payload))]
			b := wire.AppendHeader(nil, f, wire.SpecialCount)
			b = wire.AppendSpecials(b, f, wire.Specials{Cnt: h.cnt, HeapLength: int64(len(h.payload)),
				PayloadOffset: int64(offset), PayloadLength: int64(len(part))})
			h.packets = append(h.packets, len(s.sent))
			s.sent = append(s.sent, append(b, part...))
			s.fate[&s.sent[len(s.sent)-1][0]] = &fate{heap: i}
		}
		s.heaps = append(s.heaps, h)
	}
	s.arrived = s.network.Carry(s.sent)
	for _, p := range s.arrived {
		if len(p) == 0 {
			continue
		}
		if f := s.fate[&p[0]]; f != nil {
			if f.times == 0 {
				s.heaps[f.heap].arrived++
			}
			f.times++
		}
	}
}

// source gives what has arrived, a few datagrams at a time.
func (s *simulation) source() Source {
	list := &burstSource{datagrams: slices.Clone(s.arrived), random: rand.New(rand.NewPCG(s.network.Seed, 3))}
	if s.random.IntN(2) == 0 {
		return list
	}
	return &burstPoller{*list, 2}
}

// burstSource gives random numbers of datagrams at a time.
type burstSource struct {
	datagrams [][]byte
	random    *rand.Rand
}

func (l *burstSource) ReadBatch(b *Batch) error {
	n := min(1+l.random.IntN(12), len(l.datagrams))
	for _, d := range l.datagrams[:n] {
		if len(d) == 0 {
			b.Refuse(spead.RefusedEmpty)
		} else {
			b.Add(d)
		}
	}
	if l.datagrams = l.datagrams[n:]; len(l.datagrams) == 0 {
		return io.EOF
	}
	return nil
}

func (l *burstSource) Close() error { return nil }

// burstPoller is the same as a Poller that has nothing to give a few times.
type burstPoller struct {
	burstSource
	pauses int
}

func (l *burstPoller) TryReadBatch(b *Batch) error {
	if l.pauses > 0 && l.random.IntN(8) == 0 {
		l.pauses--
		return nil
	}
	return l.ReadBatch(b)
}

func (l *burstPoller) Wait() error { return nil }

// play receives, and compares what comes with what was sent.
func (s *simulation) play() {
	stream, err := NewStream(s.cfg)
	if err == nil {
		err = errors.Join(stream.AddSource(s.source()), stream.Start())
	}
	if err != nil {
		s.t.Fatal(err)
	}
	stopAfter := s.random.IntN(10)
	for h := range stream.Heaps(context.Background()) {
		if s.take(h); s.random.IntN(4) == 0 {
			for range s.random.IntN(20) {
				runtime.Gosched() // a slow consumer
			}
		}
		h.Release()
		if s.random.IntN(8) == 0 {
			s.check(stream)
		}
		if s.stops && s.delivered > int64(stopAfter) {
			stream.Close()
		}
	}
	s.check(stream)
	if err := stream.Close(); err != nil {
		s.t.Error(err)
	}
	s.checkEnd(stream.Stats())
}

func (s *simulation) check(stream *Stream) {
	st := stream.Stats()
	if err := errors.Join(st.Check(), stream.Err()); err != nil {
		s.t.Error(err)
	}
}

// damaged says whether packets may have arrived changed.
func (s *simulation) damaged() bool { return s.network.Truncate > 0 || s.network.Corrupt > 0 }

// take checks a heap that was delivered.
func (s *simulation) take(h *Heap) {
	s.delivered++
	s.bytes += h.Received()
	if h.Complete() {
		s.complete[h.Cnt()]++
	} else {
		s.incomplete++
	}
	for start, end := range h.Missing() {
		s.missing += end - start
	}
	if i := int(h.Cnt()-100) / simulatedStep; !s.damaged() {
		want := s.heaps[i].payload
		for start, end := range h.Ranges() {
			if !bytes.Equal(h.Payload()[start:end], want[start:end]) {
				s.t.Errorf("heap %d: bytes %d to %d differ from what was sent", h.Cnt(), start, end)
			}
		}
		return
	}
	s.checkArrived(h)
}

// checkArrived checks that each byte of a heap is one that some packet brought for that place.
func (s *simulation) checkArrived(h *Heap) {
	payload := h.Payload()
	brought := make([][]byte, len(payload))
	var p wire.Packet
	for _, datagram := range s.arrived {
		if size, _ := p.Decode(datagram); size == 0 || size != len(datagram) || p.Cnt != h.Cnt() {
			continue
		}
		for i, b := range p.Payload {
			if at := int(p.PayloadOffset) + i; at < len(brought) {
				brought[at] = append(brought[at], b)
			}
		}
	}
	for start, end := range h.Ranges() {
		for i := start; i < end; i++ {
			if !bytes.Contains(brought[i], payload[i:i+1]) {
				s.t.Fatalf("heap %d: byte %d is one that never came", h.Cnt(), i)
			}
		}
	}
}

// checkEnd compares the figures with what happened.
func (s *simulation) checkEnd(st Stats) {
	t := s.t
	if err := st.Check(); err != nil {
		t.Error(err)
	}
	if st.HeapsDelivered != s.delivered || st.PayloadBytesDelivered != s.bytes || st.HeapsQueued != 0 || st.HeapsLive != 0 ||
		st.PayloadBytesInFlight != 0 || st.Memory.Held != 0 {
		t.Errorf("%d heaps of %d bytes came, and the figures are %+v", s.delivered, s.bytes, st)
	}
	if st.Memory.HeldMax > s.cfg.MaxMemory {
		t.Errorf("%d bytes were in use", st.Memory.HeldMax)
	}
	if s.stops {
		return
	}
	if st.PacketsSeen != int64(len(s.arrived)) {
		t.Errorf("%d packets arrived, %d were seen", len(s.arrived), st.PacketsSeen)
	}
	if !s.damaged() {
		s.checkLoss(st)
	}
}

// checkLoss compares the losses with those that the network inflicted. Preconditions: no packet was
// damaged.
func (s *simulation) checkLoss(st Stats) {
	first, last, unseen, whole := -1, -1, int64(0), 0
	var lost int64
	for i, h := range s.heaps {
		if h.arrived == 0 {
			continue
		}
		if first < 0 {
			first = i
		}
		last = i
		if h.arrived == len(h.packets) {
			whole++
		}
		for _, p := range h.packets {
			if s.fate[&s.sent[p][0]].times == 0 {
				var packet wire.Packet
				packet.Decode(s.sent[p])
				lost += int64(len(packet.Payload))
			}
		}
	}
	for i := first; i >= 0 && i <= last; i++ {
		if s.heaps[i].arrived == 0 {
			unseen++
		}
	}
	if st.HeapsUnseen != unseen || st.CntsOdd != 0 || st.CntRestarts != 0 {
		s.t.Errorf("%d heaps were lost as a whole, %d are counted (%d odd, %d restarts)", unseen, st.HeapsUnseen, st.CntsOdd, st.CntRestarts)
	}
	if s.cfg.MaxHeaps < 64 || s.cfg.WhenFull != Block || !s.cfg.AllowOutOfOrder && s.network.Reach > 0 {
		return // what was evicted, dropped, or refused for its order depends on more than the network
	}
	if len(s.complete) != whole {
		s.t.Errorf("%d heaps arrived whole, %d were delivered", whole, len(s.complete))
	}
	if s.cfg.AllowOutOfOrder && s.cfg.Incomplete && st.HeapsBegunAgain == 0 && s.missing != lost {
		s.t.Errorf("%d bytes of heaps were lost, %d are missing", lost, s.missing)
	}
}
