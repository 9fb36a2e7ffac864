// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gospead/spead"
)

func TestReservedMemoryIsUsed(t *testing.T) {
	const length = 100_000
	memory := slices.Concat(slices.Repeat(split(t, packetsOf(t, 9000, heapOf(length, 1))), 10)...)
	s := newTestStream(t, Config{HugePages: true, Reserve: []Reserve{{HeapBytes: length, Heaps: 10}}}, &memorySource{rest: memory})
	for h := range s.Heaps(t.Context()) {
		if !slices.Equal(h.Payload(), pattern(length, 1)) {
			t.Error("a heap arrived changed")
		}
		h.Release()
	}
	if m := s.Stats().Memory; m.Misses != 0 || m.Hits != 10 || m.Held != 0 || m.HeldMax == 0 || m.Pooled < 2*length {
		t.Errorf("memory: %+v", m)
	}
}

func TestReservationsThatDontFitAreRefused(t *testing.T) {
	for _, cfg := range []Config{
		{Reserve: []Reserve{{HeapBytes: 0, Heaps: 1}}},
		{Reserve: []Reserve{{HeapBytes: 1, Heaps: 0}}},
		{Reserve: []Reserve{{HeapBytes: 1 << 40, Heaps: 1}}},
		{MaxPool: -1, Reserve: []Reserve{{HeapBytes: 1, Heaps: 1}}},
		{MaxPool: 10_000, Reserve: []Reserve{{HeapBytes: 4000, Heaps: 2}, {HeapBytes: 4000, Heaps: 1}}},
	} {
		var field *spead.FieldError
		if _, err := NewStream(cfg); !errors.As(err, &field) || field.Field != "recv.Config.Reserve" {
			t.Errorf("%+v: %v", cfg.Reserve, err)
		}
	}
}

// countingAllocator gives new memory, and counts what is out.
type countingAllocator struct {
	out   atomic.Int64
	calls []int64
	cnts  []spead.HeapCnt
	limit int
}

func (c *countingAllocator) Allocate(size int64, first PacketHeader) []byte {
	c.calls, c.cnts = append(c.calls, size), append(c.cnts, first.Cnt())
	if c.limit > 0 && len(c.calls) > c.limit {
		return nil
	}
	c.out.Add(1)
	return make([]byte, size)
}

func (c *countingAllocator) Free([]byte) { c.out.Add(-1) }

func TestUsersMemoryIsAskedForOnceAndGivenBack(t *testing.T) {
	memory := packetsOf(t, 1000, heapOf(10_000, 1), heapOf(20_000, 2), heapOf(30_000, 3))
	user := &countingAllocator{limit: 2}
	s := newTestStream(t, Config{Allocator: user}, &memorySource{rest: memory})
	n := 0
	for h := range s.Heaps(t.Context()) {
		n++
		if !slices.Equal(h.Payload(), pattern(10_000*n, n)) {
			t.Errorf("heap %d arrived changed", h.Cnt())
		}
		h.Release()
	}
	if n != 2 || user.out.Load() != 0 || !slices.Equal(user.calls[:2], []int64{10_000, 20_000}) || !slices.Equal(user.cnts[:2], []spead.HeapCnt{1, 2}) {
		t.Errorf("%d heaps; asked for %v for heaps %v; %d are out", n, user.calls, user.cnts, user.out.Load())
	}
	st := s.Stats()
	if st.Refused[spead.RefusedMemoryLimit] == 0 {
		t.Errorf("nothing was refused for lack of memory: %+v", st)
	}
	checkLaw(t, st)
}

func TestPayloadCanBeScattered(t *testing.T) {
	memory := packetsOf(t, 500, heapOf(5000, 1))
	reverse := func(memory []byte, _ PacketHeader, offset int64, part []byte) {
		for i, b := range part {
			memory[4999-int(offset)-i] = b
		}
	}
	for _, order := range []bool{false, true} {
		s := newTestStream(t, Config{Scatter: reverse, AllowOutOfOrder: order}, &memorySource{rest: memory})
		h, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := pattern(5000, 1)
		slices.Reverse(want)
		if !slices.Equal(h.Payload(), want) {
			t.Error("the payload isn't where it was put")
		}
		h.Release()
	}
}

func TestPacketHeadersTellWhatPacketsSay(t *testing.T) {
	h := heapOf(100, 1)
	if err := h.AddImmediate(0x1001, 77); err != nil {
		t.Fatal(err)
	}
	var seen []PacketHeader
	var values [3]int64
	s := newTestStream(t, Config{Scatter: func(_ []byte, p PacketHeader, _ int64, _ []byte) {
		seen = append(seen, p)
		v, ok := p.Immediate(0x1001)
		_, other := p.Immediate(0x1002)
		if !ok || other || p.AddressBits() != 40 || p.Cnt() != 1 {
			t.Errorf("immediate %d %v %v, %d address bits, cnt %v", v, ok, other, p.AddressBits(), p.Cnt())
		}
		values = [3]int64{p.HeapLength(), p.PayloadOffset(), int64(p.PayloadLength())}
	}}, &listSource{datagrams: split(t, packetsOf(t, 1472, h)), err: io.EOF})
	for h := range s.Heaps(t.Context()) {
		h.Release()
	}
	if len(seen) != 1 || values != [3]int64{100, 0, 100} {
		t.Errorf("%d packets, of which the last says %v", len(seen), values)
	}
}
