// SPDX-License-Identifier: Apache-2.0

package dump

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
	// those between the first and the last that never came or not whole. Repeated counts how many of
	// the verified and differing ones had come before.
	Verified  int64 `json:"verified"`
	Differing int64 `json:"differing"`
	Missing   int64 `json:"missing"`
	Repeated  int64 `json:"repeated"`
}

// checker checks the heaps of one stream: their contents, and that none is missing.
type checker struct {
	verified, differing int64
	sequence            sequence
}

// check checks a heap and says what is wrong with it, if it is among the first.
func (c *checker) check(h *recv.Heap) (problem string) {
	if h.IsStop() {
		return ""
	}
	belongs := c.sequence.note(h.Cnt(), h.Flavour(), h.Complete())
	switch {
	case !belongs:
		problem = fmt.Sprintf("has a cnt that --every %d leaves out", c.sequence.step)
	case !h.Complete():
		return ""
	default:
		problem = c.compare(h)
	}
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

// compare compares a heap's items with what was sent: all of the same length, with ids one after the
// other, along which the sequence goes on.
func (c *checker) compare(h *recv.Heap) (problem string) {
	var items, bytes int
	for item := range h.Items() {
		if item.ID >= pattern.FirstItem {
			items++
			bytes = len(words(item))
		}
	}
	if items == 0 {
		return "has nothing to verify"
	}
	perItem := uint64(bytes / pattern.WordBytes)
	position := (c.sequence.latest - 1) * uint64(items) * perItem
	for item := range h.Items() {
		if item.ID < pattern.FirstItem {
			continue
		}
		if item.ID-pattern.FirstItem >= spead.ItemID(items) {
			return fmt.Sprintf("has item %v, but not all of those before", item.ID)
		}
		value := words(item)
		if len(value) != bytes {
			return fmt.Sprintf("item %v has %d bytes, others have %d", item.ID, len(value), bytes)
		}
		from := position + uint64(item.ID-pattern.FirstItem)*perItem
		if at := pattern.Differs(value, from); at >= 0 {
			return fmt.Sprintf("item %v differs at word %d: %x, expected %08x",
				item.ID, at, value[at*pattern.WordBytes:][:pattern.WordBytes], pattern.At(from+uint64(at)))
		}
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

// verification sums up over all streams.
func (p *Printer) verification() verification {
	var v verification
	for _, c := range p.consumers {
		v.Verified += c.checker.verified
		v.Differing += c.checker.differing
		v.Missing += c.checker.sequence.missing()
		v.Repeated += c.checker.sequence.repeated
	}
	return v
}

// Verdict is the error that makes the command fail if not everything is as it should be.
func (p *Printer) Verdict(stats *recv.Stats) error {
	v := p.verification()
	lost := stats.HeapsDiscarded[recv.DiscardFlushed]
	switch {
	case v.Differing > 0:
		return fmt.Errorf("%d of %d heaps differ from what was sent, %d are missing", v.Differing, v.Verified+v.Differing, v.Missing)
	case v.Missing > 0:
		return fmt.Errorf("%d heaps are missing, %d are verified", v.Missing, v.Verified)
	case stats.KernelDrops > 0:
		return fmt.Errorf("the kernel dropped %d packets, %d heaps are verified", stats.KernelDrops, v.Verified)
	case lost > 0 && !p.interrupted:
		return fmt.Errorf("%d heaps were incomplete at the end, %d are verified", lost, v.Verified)
	case v.Verified == 0:
		return errors.New("there was no heap to verify")
	}
	return nil
}
