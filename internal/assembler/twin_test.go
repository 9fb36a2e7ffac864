// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// twin gives everything to an assembler and to the model, and reports where they differ.
type twin struct {
	tb     testing.TB
	placer *testPlacer
	real   *Assembler
	model  *model
	// out is what is known to have left the assembler.
	out Counters
	// seen is told of each finished heap, before it is recycled. It may be nil.
	seen func(h *Heap)
}

func newTwin(tb testing.TB, cfg Config) *twin {
	placer := &testPlacer{tb: tb}
	real := New(cfg, placer)
	return &twin{tb: tb, placer: placer, real: real, model: newModel(real.cfg)}
}

func (w *twin) add(p *wire.Packet) spead.Refusal {
	w.tb.Helper()
	calls := len(w.placer.calls)
	before := w.real.Counters()
	got := w.real.Add(p)
	if refused := w.placer.limit > 0 && len(w.placer.calls) > calls && got == spead.RefusedMemoryLimit; !refused {
		if want := w.model.add(p); got != want {
			w.tb.Fatalf("packet %+v: %v, want %v", p, got, want)
		}
	}
	after := w.real.Counters()
	if got != spead.Accepted {
		before.SearchDist = after.SearchDist
		if before != after {
			w.tb.Errorf("a refused packet (%v) changed the counters from %+v to %+v", got, before, after)
		}
	} else if n := after.PayloadBytes + after.BytesRepeated - before.PayloadBytes - before.BytesRepeated; n != int64(len(p.Payload)) {
		w.tb.Errorf("%d bytes were counted as %d", len(p.Payload), n)
	}
	w.collect()
	return got
}

func (w *twin) flush() {
	w.tb.Helper()
	w.real.Flush()
	w.model.flush()
	w.collect()
	if c := w.real.Counters(); c.LiveHeaps != 0 || c.LiveBytes != 0 || len(w.placer.lent) != 0 {
		w.tb.Errorf("after a flush there are %+v, and %d pieces of memory are out", c, len(w.placer.lent))
	}
}

// collect compares finished heaps and checks the laws of the counters.
func (w *twin) collect() {
	w.tb.Helper()
	for h := w.real.Next(); h != nil; h = w.real.Next() {
		if len(w.model.finished) == 0 {
			w.tb.Fatalf("heap %d: %v too early", h.Cnt(), h.End())
		}
		w.compare(h, w.model.finished[0])
		w.model.finished = w.model.finished[1:]
		w.count(h)
		if w.seen != nil {
			w.seen(h)
		}
		if b := h.TakePayload(); b != nil {
			w.placer.Free(b)
		}
		w.real.Recycle(h)
	}
	if len(w.model.finished) != 0 {
		w.tb.Fatalf("heap %d is not %v", w.model.finished[0].cnt, w.model.finished[0].end)
	}
	got := w.real.Counters()
	want := w.out
	want.HeapsStarted = want.HeapsCompleted + want.HeapsEvicted + want.HeapsFlushed + want.HeapsStopped + got.LiveHeaps
	want.PayloadBytes += got.LiveBytes
	want.LiveHeaps, want.LiveBytes = got.LiveHeaps, w.real.LiveBytes()
	want.SinglePacketHeaps, want.SearchDist = got.SinglePacketHeaps, got.SearchDist
	want.PacketsOutOfOrder, want.BytesRepeated = w.model.late, w.model.repeated
	if got != want {
		w.tb.Errorf("the counters don't add up: %+v, want %+v", got, want)
	}
	if got := w.real.Stopped(); got != w.model.stopped {
		w.tb.Fatalf("stopped: %v", got)
	}
}

func (w *twin) count(h *Heap) {
	w.out.PayloadBytes += h.Received()
	switch h.End() {
	case Completed:
		w.out.HeapsCompleted++
	case Evicted:
		w.out.HeapsEvicted++
	case Flushed:
		w.out.HeapsFlushed++
	case StopItem:
		w.out.HeapsStopped++
	default:
		w.tb.Errorf("heap %d was finished: %v", h.Cnt(), h.End())
	}
}

// face is what can be seen of a heap.
type face struct {
	Cnt                       spead.HeapCnt
	Flavour                   spead.Flavour
	End                       End
	Length, Min, Received     int64
	Complete, IsStart, IsStop bool
	Ranges, Missing           []interval
	Items                     []spead.RawItem
	Contents                  []byte
}

func faceOf(h *Heap) face {
	items := slices.Collect(h.Items())
	for i := range items {
		items[i].Value = append([]byte{}, items[i].Value...) // empty ones may be nil
	}
	return face{
		Cnt: h.Cnt(), Flavour: h.Flavour(), End: h.End(), Length: h.Length(), Min: h.MinLength(), Received: h.Received(),
		Complete: h.Complete(), IsStart: h.IsCtrl(spead.CtrlStart), IsStop: h.IsCtrl(spead.CtrlStop),
		Ranges: intervals(maps.Collect(h.Ranges())), Missing: intervals(maps.Collect(h.Missing())),
		Items: items, Contents: append([]byte(nil), h.Contents()...),
	}
}

func intervals(m map[int64]int64) (list []interval) {
	for start, end := range m {
		list = append(list, interval{start, end})
	}
	slices.SortFunc(list, func(x, y interval) int { return int(min(max(x.start-y.start, -1), 1)) })
	return list
}

// face gives what the model says. A heap that takes packets in order has no empty ranges.
func (h *modelHeap) face(cfg Config) face {
	f, _ := spead.NewFlavour(h.bits, cfg.BugCompat)
	want := face{
		Cnt: h.cnt, Flavour: f, End: h.end, Length: h.length, Min: h.minLength, Received: int64(len(h.received)),
		Complete: h.complete(), Ranges: h.ranges(cfg.AllowOutOfOrder), Items: h.items(),
	}
	var at int64
	for _, r := range append(h.ranges(false), interval{h.minLength, h.minLength}) {
		if at < r.start {
			want.Missing = append(want.Missing, interval{at, r.start})
		}
		if at = r.end; r.start < r.end {
			want.Contents = append(want.Contents, make([]byte, r.end-int64(len(want.Contents)))...)
		}
	}
	for i, b := range h.received {
		want.Contents[i] = b
	}
	for _, item := range want.Items {
		if item.ID == spead.StreamCtrlID && len(item.Value) > 0 && len(item.Value) <= 8 {
			want.IsStart = want.IsStart || bigEndian(item.Value) == 0
			want.IsStop = want.IsStop || bigEndian(item.Value) == 2
		}
	}
	return want
}

func (w *twin) compare(got *Heap, want *modelHeap) {
	w.tb.Helper()
	wantFace, gotFace := want.face(w.real.cfg), faceOf(got)
	if reflect.DeepEqual(wantFace, gotFace) {
		return // much faster than cmp.Diff
	}
	w.tb.Fatalf("heap %d differs (-model +got):\n%s", got.Cnt(), cmp.Diff(wantFace, gotFace,
		cmp.AllowUnexported(interval{}), cmp.Comparer(func(x, y spead.Flavour) bool { return x == y })))
}
