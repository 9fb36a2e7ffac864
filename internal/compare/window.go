// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"slices"
	"time"

	"github.com/gospead/spead"
)

// tidyLeast is from how many heaps on it is worth looking through a queue's order.
const tidyLeast = 64

// window holds the heaps of each side that wait for the other side's.
type window struct {
	cfg     *Config
	give    [2]func(b []byte) // takes back a heap's memory
	waiting [2]queue
	comparer
	timing timing
	report Report
}

// key is what heaps of both sides have in common.
type key struct {
	stream int
	cnt    spead.HeapCnt
}

// queue holds a side's heaps, oldest first, and finds them by their keys.
type queue struct {
	byKey map[key][]*heap
	order []*heap // those that were taken meanwhile are among them
	count int
	bytes int64
}

func newWindow(cfg *Config) *window {
	w := &window{cfg: cfg}
	for side := range w.waiting {
		w.waiting[side].byKey = map[key][]*heap{}
	}
	return w
}

// add takes a heap of a side: it is compared with the other's, or waits for it.
func (w *window) add(side int, h *heap) {
	if partner := w.waiting[1-side].take(key{h.stream, h.Cnt()}); partner != nil {
		pair := [2]*heap{partner, partner}
		pair[side] = h
		w.compare(pair[0], pair[1])
		return
	}
	w.waiting[side].put(h)
	for q := &w.waiting[side]; q.count > w.cfg.Window || q.bytes > w.cfg.Memory/4; {
		w.report.GivenUp++
		w.miss(side, q.oldest())
	}
}

// end gives up all that wait.
func (w *window) end() {
	for side := range w.waiting {
		for w.waiting[side].count > 0 {
			w.miss(side, w.waiting[side].oldest())
		}
	}
	w.report.Timing = w.timing.report()
}

func (w *window) compare(a, b *heap) {
	w.timing.add(a.begun, b.begun)
	if a.layout != b.layout && a.Complete() && b.Complete() {
		w.report.Repacketised++
	}
	kind, parts := w.comparer.compare(a, b)
	switch kind {
	case "":
		if w.report.Same++; !a.Complete() {
			w.report.Incomplete++
		}
	case IncompleteInA:
		w.report.IncompleteInA++
	case IncompleteInB:
		w.report.IncompleteInB++
	default:
		w.report.Differing++
	}
	if kind != "" {
		w.found(kind, a, parts)
	}
	w.give[0](a.TakePayload())
	w.give[1](b.TakePayload())
}

// miss reports a heap that came on one side only.
func (w *window) miss(side int, h *heap) {
	kind := MissingInB
	if side == 1 {
		kind = MissingInA
		w.report.MissingInA++
	} else {
		w.report.MissingInB++
	}
	w.found(kind, h, nil)
	w.give[side](h.TakePayload())
}

func (w *window) found(kind Kind, h *heap, parts []Part) {
	d := Difference{Kind: kind, Cnt: h.Cnt(), Stream: h.stream, Parts: parts}
	if h.begun != 0 {
		d.Time = time.Unix(0, h.begun).UTC()
	}
	if w.cfg.Found != nil {
		w.cfg.Found(d)
	}
}

func (q *queue) put(h *heap) {
	k := key{h.stream, h.Cnt()}
	q.byKey[k] = append(q.byKey[k], h)
	q.order = append(q.order, h)
	q.count++
	q.bytes += int64(len(h.Payload()))
}

// take takes the oldest heap with this key out; nil if there is none.
func (q *queue) take(k key) *heap {
	list := q.byKey[k]
	if len(list) == 0 {
		return nil
	}
	h := list[0]
	if len(list) == 1 {
		delete(q.byKey, k)
	} else {
		q.byKey[k] = list[1:]
	}
	q.count--
	q.bytes -= int64(len(h.Payload()))
	h.taken = true
	q.tidy()
	return h
}

// oldest takes the oldest heap out. Preconditions: there is one.
func (q *queue) oldest() *heap {
	q.tidy()
	h := q.order[0]
	return q.take(key{h.stream, h.Cnt()})
}

// tidy drops what was taken: from the beginning of the order, and from all of it when there is more of
// that than of what waits, as the oldest may wait for long.
func (q *queue) tidy() {
	if len(q.order) > 2*q.count+tidyLeast {
		q.order = slices.DeleteFunc(q.order, func(h *heap) bool { return h.taken })
	}
	n := 0
	for n < len(q.order) && q.order[n].taken {
		n++
	}
	clear(q.order[:n])
	q.order = q.order[n:]
}
