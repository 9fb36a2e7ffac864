// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pattern"
	"github.com/gospead/spead/recv"
)

// problemsMost is how many heaps with wrong contents each stream reports one by one.
const problemsMost = 10

// verification is what checking has shown.
type verification struct {
	// Verified counts heaps with the right contents, Differing those with other contents, and Missing
	// those between the first and the last that never came or not whole.
	Verified  int64 `json:"verified"`
	Differing int64 `json:"differing"`
	Missing   int64 `json:"missing"`
}

// checker checks the heaps of one stream: their contents, and that their cnts are evenly spaced. The
// distance is the greatest common divisor of all differences, since a stream may have come to one of
// several endpoints that a sender used in turn.
type checker struct {
	verified, differing int64
	// first, last and latest are cnts beyond their flavour's width; latest is that of the heap before.
	first, last, latest, step uint64
}

// check checks a heap and says what is wrong with it, if it is among the first.
func (c *checker) check(h *recv.Heap) (problem string) {
	if !h.Complete() || h.IsStop() {
		return ""
	}
	c.note(h)
	problem = c.compare(h)
	if problem == "" {
		c.verified++
		return ""
	}
	c.differing++
	if c.differing > problemsMost {
		return ""
	}
	return problem
}

// note keeps a heap's cnt.
func (c *checker) note(h *recv.Heap) {
	cnt := pattern.Unwrapped(h.Cnt(), c.latest, h.Flavour())
	if c.verified+c.differing == 0 {
		c.first, c.last, c.latest = cnt, cnt, cnt
	}
	c.step = divisor(c.step, max(cnt, c.latest)-min(cnt, c.latest))
	c.first, c.last, c.latest = min(c.first, cnt), max(c.last, cnt), cnt
}

// divisor is the greatest common one.
func divisor(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// compare compares a heap's items with what was sent: all of the same length, with the sequence going
// on from item to item.
func (c *checker) compare(h *recv.Heap) (problem string) {
	var items, bytes int
	for item := range h.Items() {
		if item.ID >= firstItem {
			items++
			bytes = len(words(item))
		}
	}
	if items == 0 {
		return "has nothing to verify"
	}
	perItem := uint64(bytes / pattern.WordBytes)
	position := (c.latest - 1) * uint64(items) * perItem
	for item := range h.Items() {
		if item.ID < firstItem {
			continue
		}
		value := words(item)
		if len(value) != bytes {
			return fmt.Sprintf("item %v has %d bytes, others have %d", item.ID, len(value), bytes)
		}
		if at := pattern.Differs(value, position); at >= 0 {
			return fmt.Sprintf("item %v differs at word %d: %x, expected %08x",
				item.ID, at, value[at*pattern.WordBytes:][:pattern.WordBytes], pattern.At(position+uint64(at)))
		}
		position += perItem
	}
	return ""
}

// words gives the part of an item that was sent: an item of one word may have come in the item
// pointer, which has more bytes.
func words(item spead.RawItem) []byte {
	if item.Immediate && len(item.Value) > pattern.WordBytes {
		return item.Value[len(item.Value)-pattern.WordBytes:]
	}
	return item.Value
}

func (c *checker) missing() int64 {
	if c.step == 0 {
		return 0
	}
	expected := (c.last-c.first)/c.step + 1
	return max(0, int64(expected)-c.verified-c.differing)
}

// verification sums up over all streams.
func (p *printer) verification() verification {
	var v verification
	for _, c := range p.consumers {
		v.Verified += c.checker.verified
		v.Differing += c.checker.differing
		v.Missing += c.checker.missing()
	}
	return v
}

// verdict is the error that makes the command fail if not everything is as it should be.
func (p *printer) verdict(stats *recv.Stats) error {
	v := p.verification()
	lost := stats.HeapsDiscarded[recv.DiscardFlushed]
	switch {
	case v.Differing > 0:
		return fmt.Errorf("%d of %d heaps differ from what was sent, %d are missing", v.Differing, v.Verified+v.Differing, v.Missing)
	case v.Missing > 0:
		return fmt.Errorf("%d heaps are missing, %d are verified", v.Missing, v.Verified)
	case lost > 0 && !p.interrupted:
		return fmt.Errorf("%d heaps were incomplete at the end, %d are verified", lost, v.Verified)
	case v.Verified == 0:
		return errors.New("there was no heap to verify")
	}
	return nil
}
