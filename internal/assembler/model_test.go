// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"slices"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// model is an assembler that is slow and obvious: heaps know each byte by itself, and are found by
// looking at all of them. Limits of the Placer aren't its business.
type model struct {
	cfg      Config
	slots    [][]*modelHeap // by substream
	newest   []int
	started  int
	finished []*modelHeap
	stopped  bool
	late     int64 // packets out of order
	repeated int64 // bytes of accepted packets that were there already
}

type modelHeap struct {
	cnt       spead.HeapCnt
	bits      int
	born      int
	length    int64
	minLength int64
	received  map[int64]byte
	empties   map[int64]bool // where payloads without a byte came
	pointers  []wire.Pointer
	end       End
}

func newModel(cfg Config) *model {
	m := &model{cfg: cfg, newest: make([]int, cfg.Substreams)}
	for range cfg.Substreams {
		m.slots = append(m.slots, make([]*modelHeap, cfg.MaxHeaps))
	}
	return m
}

func (m *model) add(p *wire.Packet) spead.Refusal {
	if m.stopped {
		return spead.RefusedStopped
	}
	if p.HeapLength == wire.Unsized && m.cfg.RequireHeapLength {
		return spead.RefusedUnsized
	}
	var h *modelHeap
	if p.HeapLength != int64(len(p.Payload)) {
		h = m.find(p.Cnt)
	}
	isNew := h == nil
	if isNew {
		if !m.cfg.AllowOutOfOrder && p.PayloadOffset > 0 {
			return spead.RefusedNoHeap
		}
		h = &modelHeap{cnt: p.Cnt, bits: p.AddressBits, length: -1, received: map[int64]byte{}, empties: map[int64]bool{}}
	}
	if refusal := m.judge(h, p); refusal != spead.Accepted {
		return refusal
	}
	if isNew {
		m.insert(h)
	}
	m.accept(h, p)
	return spead.Accepted
}

func (m *model) find(cnt spead.HeapCnt) *modelHeap {
	var youngest *modelHeap
	for _, h := range slices.Concat(m.slots...) {
		if h != nil && h.cnt == cnt && (youngest == nil || h.born > youngest.born) {
			youngest = h
		}
	}
	return youngest
}

func (m *model) insert(h *modelHeap) {
	m.started++
	h.born = m.started
	s := int(uint64(h.cnt) % uint64(m.cfg.Substreams))
	m.newest[s] = (m.newest[s] + 1) % m.cfg.MaxHeaps
	slot := &m.slots[s][m.newest[s]]
	m.finish(slot, Evicted)
	*slot = h
}

func (m *model) finish(slot **modelHeap, end End) {
	if h := *slot; h != nil {
		h.end = end
		m.finished = append(m.finished, h)
		*slot = nil
	}
}

func (m *model) judge(h *modelHeap, p *wire.Packet) spead.Refusal {
	start, end := p.PayloadOffset, p.PayloadOffset+int64(len(p.Payload))
	limit := m.cfg.MaxHeapLength
	switch {
	case limit > 0 && (p.HeapLength > limit || end > limit):
		return spead.RefusedHeapLimit
	case p.HeapLength >= 0 && h.length >= 0 && p.HeapLength != h.length:
		return spead.RefusedLengthMismatch
	case p.HeapLength >= 0 && p.HeapLength < h.minLength:
		return spead.RefusedLengthTooSmall
	case p.AddressBits != h.bits:
		return spead.RefusedFlavourMismatch
	}
	if refusal := m.judgeRange(h, interval{start, end}); refusal != spead.Accepted {
		return refusal
	}
	if len(unionOfPointers(h.pointers, p)) > m.cfg.MaxItems {
		return spead.RefusedItemLimit
	}
	return spead.Accepted
}

func (m *model) judgeRange(h *modelHeap, part interval) spead.Refusal {
	if m.cfg.MergeOverlaps && m.cfg.AllowOutOfOrder {
		return m.judgeMerge(h, part)
	}
	has := h.has
	if !m.cfg.AllowOutOfOrder {
		at := int64(len(h.received))
		switch {
		case part.start < at:
			return spead.RefusedBehind
		case part.start > at:
			return spead.RefusedGap
		}
		return spead.Accepted
	}
	for i := part.start + 1; i < part.end; i++ {
		if has(i) && !has(i-1) || h.emptyAt(i) {
			return spead.RefusedOverlap
		}
	}
	if has(part.start) {
		return spead.RefusedDuplicate
	}
	touches := has(part.start-1) || h.emptyAt(part.start) || part.start < part.end && (has(part.end) || h.emptyAt(part.end))
	if !touches && len(h.ranges(true)) >= m.cfg.MaxRanges {
		return spead.RefusedMemoryLimit
	}
	return spead.Accepted
}

// judgeMerge refuses only what brings nothing new, and more parts than allowed.
func (m *model) judgeMerge(h *modelHeap, part interval) spead.Refusal {
	fresh := part.start == part.end
	for i := part.start; i < part.end; i++ {
		fresh = fresh || !h.has(i)
	}
	if !fresh {
		return spead.RefusedDuplicate
	}
	alone := part.start < part.end && !h.has(part.start-1)
	for i := part.start; i <= part.end; i++ {
		alone = alone && !h.has(i)
	}
	if alone && len(h.ranges(true)) >= m.cfg.MaxRanges {
		return spead.RefusedMemoryLimit
	}
	return spead.Accepted
}

func (h *modelHeap) has(i int64) bool {
	_, ok := h.received[i]
	return ok
}

// emptyAt says whether an empty payload came here and no other that touches it.
func (h *modelHeap) emptyAt(i int64) bool { return h.empties[i] && !h.has(i) && !h.has(i-1) }

func unionOfPointers(known []wire.Pointer, p *wire.Packet) []wire.Pointer {
	union := slices.Clone(known)
	for i := range p.PointerCount() {
		pointer := p.Pointer(i)
		id := pointer.ID(p.AddressBits)
		if (id == 0 || id > 4) && !slices.Contains(union, pointer) {
			union = append(union, pointer)
		}
	}
	return union
}

func (m *model) accept(h *modelHeap, p *wire.Packet) {
	end := p.PayloadOffset + int64(len(p.Payload))
	if p.HeapLength >= 0 {
		h.length = p.HeapLength
		h.minLength = max(h.minLength, h.length)
	} else {
		h.minLength = max(h.minLength, end)
	}
	for i := range p.PointerCount() {
		if !p.Pointer(i).Immediate() {
			h.minLength = max(h.minLength, int64(p.Pointer(i).Value(p.AddressBits)))
		}
	}
	h.pointers = unionOfPointers(h.pointers, p)
	if known := h.ranges(true); m.cfg.AllowOutOfOrder && len(known) > 0 && known[len(known)-1].end > p.PayloadOffset {
		m.late++
	}
	if len(p.Payload) == 0 && !m.cfg.MergeOverlaps {
		h.empties[end] = true
	}
	for i, b := range p.Payload {
		at := p.PayloadOffset + int64(i)
		if h.has(at) {
			m.repeated++
			continue
		}
		h.received[at] = b
	}
	stop := !m.cfg.KeepStop && slices.Contains(h.pointers, wire.ImmediatePointer(h.bits, spead.StreamCtrlID, 2))
	m.stopped = stop
	if !h.complete() || h.length != h.minLength {
		return
	}
	for _, slots := range m.slots {
		i := slices.Index(slots, h)
		switch {
		case i < 0:
		case stop:
			m.finish(&slots[i], StopItem)
		default:
			m.finish(&slots[i], Completed)
		}
	}
}

func (m *model) flush() {
	for s, slots := range m.slots {
		for i := range m.cfg.MaxHeaps {
			m.finish(&slots[(m.newest[s]+1+i)%m.cfg.MaxHeaps], Flushed)
		}
	}
}

func (h *modelHeap) complete() bool { return int64(len(h.received)) == h.minLength }

// ranges gives what was received, with or without empty ranges.
func (h *modelHeap) ranges(empties bool) (found []interval) {
	var starts []int64
	for i := range h.received {
		if !h.has(i - 1) {
			starts = append(starts, i)
		}
	}
	for i := range h.empties {
		if empties && h.emptyAt(i) {
			starts = append(starts, i)
		}
	}
	slices.Sort(starts)
	for _, start := range starts {
		end := start
		for h.has(end) {
			end++
		}
		found = append(found, interval{start, end})
	}
	return found
}

// items gives what spead2 makes of the pointers.
func (h *modelHeap) items() (items []spead.RawItem) {
	var addressed, immediate []wire.Pointer
	for _, p := range h.pointers {
		if p.Immediate() {
			immediate = append(immediate, p)
		} else if h.complete() {
			addressed = append(addressed, p)
		}
	}
	byValue := func(x, y wire.Pointer) int { return int(x.Value(h.bits)) - int(y.Value(h.bits)) }
	slices.SortStableFunc(addressed, byValue)
	slices.SortStableFunc(immediate, byValue)
	for i, p := range addressed {
		item := spead.RawItem{ID: p.ID(h.bits), Value: []byte{}}
		end := uint64(h.minLength)
		if i+1 < len(addressed) {
			end = addressed[i+1].Value(h.bits)
		}
		for at := p.Value(h.bits); at < end; at++ {
			item.Value = append(item.Value, h.received[int64(at)])
		}
		if item.ID != 0 {
			items = append(items, item)
		}
	}
	for _, p := range immediate {
		item := spead.RawItem{ID: p.ID(h.bits), Immediate: true, Number: p.Value(h.bits)}
		for shift := h.bits - 8; shift >= 0; shift -= 8 {
			item.Value = append(item.Value, byte(item.Number>>shift))
		}
		if item.ID != 0 {
			items = append(items, item)
		}
	}
	return items
}
