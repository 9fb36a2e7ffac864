// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"fmt"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// Cut says how heaps are cut into packets.
type Cut struct {
	// MaxPacketSize is the largest packet in bytes, header included. It is rounded down to a multiple
	// of 8.
	MaxPacketSize int
	// Equal gives all packets of a heap one size where that helps; see the package comment.
	Equal bool
}

// layout is how a heap is cut into packets.
type layout struct {
	// packetSize is the size in bytes of a full packet, a multiple of 8.
	packetSize int
	// pointersMax is how many pointers besides the special ones fit into a packet beside minShare bytes
	// of payload.
	pointersMax int
	// pointers is how many such pointers the heap has, including a NULL before padding, or those that
	// equal packets take.
	pointers int
	// nulls is how many of these are NULL immediates, which come last.
	nulls int
	// length is the length of the heap's payload in bytes, padding included.
	length int64
}

// Plan is how a heap is cut into packets. It holds as long as the heap's items and the lengths of
// their values stay the same.
type Plan struct {
	layout
	cut Cut
}

// Cut is what the plan was made for.
func (p *Plan) Cut() Cut { return p.cut }

// PayloadLength is the length of the heap's payload in bytes, padding included: HEAP_LENGTH.
func (p *Plan) PayloadLength() int64 { return p.length }

// CheckCnt refuses a heap cnt that the flavour can't hold, with a *spead.FieldError.
func (h *Heap) CheckCnt(cnt spead.HeapCnt) error {
	if most := h.Flavour.MaxHeapCnt(); cnt > most {
		return &spead.FieldError{Field: "heap cnt", Value: uint64(cnt),
			Allowed: fmt.Sprintf("0 to %d in %v", uint64(most), h.Flavour)}
	}
	return nil
}

// Plan finds out how the heap is to be cut. Whatever keeps it from being sent so is told as a
// *spead.FieldError.
func (h *Heap) Plan(cut Cut) (Plan, error) {
	if cut.MaxPacketSize < MinPacketSize {
		return Plan{}, &spead.FieldError{Field: "packet size", Value: cut.MaxPacketSize,
			Allowed: fmt.Sprintf("%d or more", MinPacketSize)}
	}
	length, err := h.checkItems()
	if err != nil {
		return Plan{}, err
	}
	l := layout{
		packetSize: cut.MaxPacketSize &^ 7,
		pointers:   len(h.Items),
		length:     length,
	}
	l.pointersMax = l.pointerRoom()
	// One packet more than needed is counted if the pointers fill theirs, because a NULL may follow.
	packets := len(h.Items)/l.pointersMax + 1
	if padded := int64(packets-1)*minShare + 1; length < padded {
		l.length = padded
		l.pointers++
	}
	if err := h.checkLayout(&l, packets); err != nil {
		return Plan{}, err
	}
	if cut.Equal && packets == 1 && l.pointers == len(h.Items) {
		l.equalize(h.RepeatPointers)
	}
	return Plan{l, cut}, nil
}

// pointerRoom is how many pointers besides the special ones fit into a packet.
func (l *layout) pointerRoom() int {
	return (l.packetSize - wire.PrefixSize - minShare) / wire.PointerSize
}

// checkLayout checks what follows from the items together, given the number of packets that their
// pointers are taken to need.
func (h *Heap) checkLayout(l *layout, packets int) error {
	const most = wire.MaxPointers - wire.SpecialCount
	switch {
	case uint64(l.length) > h.Flavour.MaxImmediate():
		return h.tooLong(l.length)
	case h.RepeatPointers && packets > 1:
		// Exactly as many items as fit are refused too: as in spead2.
		return &spead.FieldError{Field: "number of items with repeated pointers", Value: len(h.Items),
			Allowed: fmt.Sprintf("0 to %d in packets of %d bytes", l.pointersMax-1, l.packetSize)}
	case min(l.pointers, l.pointersMax) > most:
		return &spead.FieldError{Field: "number of items", Value: len(h.Items),
			Allowed: fmt.Sprintf("up to %d in packets of %d bytes", most-1, l.packetSize)}
	}
	return nil
}

// packetsFor is how many packets with room for so many bytes it takes to carry length bytes.
func packetsFor(length, room int64) int {
	return int((max(length, 0) + room - 1) / room)
}

// room is the payload in bytes that a packet with n pointers besides the special ones has room for.
func (l *layout) room(n int) int64 {
	return int64(l.packetSize - wire.PrefixSize - n*wire.PointerSize)
}
