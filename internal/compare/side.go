// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/netip"
	"slices"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/assembler"
	"github.com/gospead/spead/internal/wire"
)

// queued is how many heaps of a side may wait to be compared.
const queued = 4

// heap is a finished heap of a side.
type heap struct {
	*assembler.Heap
	stream int
	begun  int64 // when its first packet came, in nanoseconds since 1970; 0 if that isn't known
	layout layout
	taken  bool // out of the queue
}

// layout says how a heap is divided into packets: a sum over them, whatever their order.
type layout struct {
	packets int64
	sum     uint64
}

func (l *layout) add(p *wire.Packet) {
	const mix = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio: every bit of the product depends on all below
	l.packets++
	l.sum += (uint64(p.PayloadOffset)*mix ^ uint64(len(p.Payload))) * mix
}

// streamsMax is how many streams each side may have: each takes memory for its heaps in progress, whoever
// makes them up.
const streamsMax = 4096

// ErrTooManyStreams ends a comparison: heaps go to more destinations than can be told apart.
var ErrTooManyStreams = errors.New("heaps go to more than 4096 destinations; a filter leaves some out")

// side makes heaps of one side's datagrams, in a goroutine of its own.
type side struct {
	cfg    *Config
	source source
	number func(netip.AddrPort) int
	tables map[int]*table
	memory memory
	heaps  chan *heap

	// report and err may be read when heaps is closed.
	report  Side
	refused [spead.RefusalCount]int64
	err     error
}

// table is a stream's heaps in progress.
type table struct {
	*assembler.Assembler
	stream int
	begun  map[spead.HeapCnt]*beginning
}

// beginning is what is noted of a heap in progress.
type beginning struct {
	nanos  int64
	layout layout
}

func newSide(cfg *Config, src source, number func(netip.AddrPort) int) *side {
	return &side{
		cfg: cfg, source: src, number: number, tables: map[int]*table{}, heaps: make(chan *heap, queued),
		memory: memory{limit: cfg.Memory / 4},
	}
}

// run makes heaps until the source ends or nothing more is wanted; what is left of heaps then comes as it
// is. ctx ends live sources, done everything.
func (s *side) run(ctx context.Context, done <-chan struct{}) {
	defer close(s.heaps)
	for {
		datagrams, err := s.source.read(ctx)
		for i := range datagrams {
			t := s.add(&datagrams[i])
			if s.err != nil || t != nil && !s.emit(t, done) {
				err = io.EOF
				break
			}
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
		break
	}
	for _, stream := range slices.Sorted(maps.Keys(s.tables)) {
		t := s.tables[stream]
		if t.Flush(); !s.emit(t, done) {
			break
		}
	}
	s.sum()
}

// add takes a datagram, and gives the table that it went to if a heap may be finished.
func (s *side) add(d *datagram) *table {
	var p wire.Packet
	refusal := d.refusal
	size := 0
	if refusal == spead.Accepted {
		size, refusal = p.Decode(d.Payload)
	}
	if refusal == spead.Accepted && size < len(d.Payload) {
		refusal = spead.RefusedTrailingBytes
	}
	if refusal != spead.Accepted {
		s.refused[refusal]++
		return nil
	}
	t := s.table(s.number(d.To))
	if t == nil {
		s.err = ErrTooManyStreams
		return nil
	}
	if refusal := t.Add(&p); refusal != spead.Accepted {
		s.refused[refusal]++
		return nil
	}
	s.report.Packets++
	s.report.Bytes += int64(len(p.Payload))
	b := t.begun[p.Cnt]
	if b == nil {
		b = &beginning{nanos: d.Nanos}
		t.begun[p.Cnt] = b
	}
	b.layout.add(&p)
	return t
}

// table gives a stream's heaps in progress; nil if there are too many streams.
func (s *side) table(stream int) *table {
	t := s.tables[stream]
	if t == nil {
		if len(s.tables) == streamsMax {
			return nil
		}
		t = &table{stream: stream, begun: map[spead.HeapCnt]*beginning{}}
		t.Assembler = assembler.New(assembler.Config{
			MaxHeaps: s.cfg.Window, AllowOutOfOrder: true, KeepStop: true, MaxHeapLength: s.cfg.MaxHeapLength,
		}, &s.memory)
		s.tables[stream] = t
	}
	return t
}

// emit hands on the heaps that are finished; false if nothing more is wanted.
func (s *side) emit(t *table, done <-chan struct{}) bool {
	for h := t.Next(); h != nil; h = t.Next() {
		s.memory.finished(h.Payload())
		found := &heap{Heap: h, stream: t.stream}
		if b := t.begun[h.Cnt()]; b != nil {
			found.begun, found.layout = b.nanos, b.layout
			delete(t.begun, h.Cnt())
		}
		s.report.Heaps++
		select {
		case s.heaps <- found:
		case <-done:
			return false
		}
	}
	return true
}

func (s *side) sum() {
	s.report.Refused = map[string]int64{}
	for reason, n := range s.refused {
		if n > 0 {
			s.report.Refused[spead.Refusal(reason).String()] = n
		}
	}
	s.report.Foreign, s.report.KernelDrops = s.source.lost()
}
