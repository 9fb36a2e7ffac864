// SPDX-License-Identifier: Apache-2.0

package send

import "github.com/gospead/spead"

// Mode says which of an item group's descriptors or values go into a heap.
type Mode uint8

// The modes.
const (
	// Stale takes what changed since this generator last took it.
	Stale Mode = iota
	// All takes everything.
	All
	// None takes nothing.
	None
)

// Generator makes heaps of an item group: the descriptors that receivers don't know yet and the
// values that changed. It remembers what it has put into heaps, so that several generators can serve
// several streams from one group. It works as spead2's HeapGenerator. A Generator must not be used by
// several goroutines at once, nor while another changes the group.
type Generator struct {
	// Group is where items come from. There is no default.
	Group *spead.ItemGroup
	// Flavour is that of the heaps that Heap makes. Default SPEAD-64-40.
	Flavour spead.Flavour
	// Interval makes a descriptor stale again after it went into a heap this many heaps ago, for
	// receivers that join late. Default (0): never.
	Interval int

	calls int
	taken map[spead.ItemID]taken
}

// taken is what a generator remembers of an item.
type taken struct {
	item    *spead.Item // whose descriptor was last taken; if the group has another now, it is stale
	call    int         // when that was
	valued  bool        // a value was taken, of this version
	version uint64
}

// Heap returns a new heap with descriptors and values of the group, item by item in the group's
// order, each item's descriptor before its value. Items without a value give none. Values alias the
// items' memory, see Heap.Add.
func (g *Generator) Heap(descriptors, values Mode) (*Heap, error) {
	h := NewHeap(g.Flavour)
	return h, g.AddTo(h, descriptors, values)
}

// AddTo is Heap for a heap that exists.
func (g *Generator) AddTo(h *Heap, descriptors, values Mode) error {
	if err := checkMode("descriptors", descriptors); err != nil {
		return err
	}
	if err := checkMode("values", values); err != nil {
		return err
	}
	if g.taken == nil {
		g.taken = make(map[spead.ItemID]taken)
	}
	for it := range g.Group.Items() {
		if err := g.addItem(h, it, descriptors, values); err != nil {
			return err
		}
	}
	g.calls++
	return nil
}

func checkMode(what string, m Mode) error {
	if m > None {
		return &spead.FieldError{Field: "send.Generator " + what, Value: uint8(m), Allowed: "Stale, All or None"}
	}
	return nil
}

func (g *Generator) addItem(h *Heap, it *spead.Item, descriptors, values Mode) error {
	t := g.taken[it.ID]
	if descriptors == All || descriptors == Stale && g.staleDescriptor(it, t) {
		if err := h.AddDescriptor(it.Descriptor); err != nil {
			return err
		}
		t.item, t.call = it, g.calls
	}
	if it.HasValue() && (values == All || values == Stale && (!t.valued || t.version != it.Version())) {
		if err := h.Add(it); err != nil {
			return err
		}
		t.valued, t.version = true, it.Version()
	}
	g.taken[it.ID] = t
	return nil
}

func (g *Generator) staleDescriptor(it *spead.Item, t taken) bool {
	return t.item != it || g.Interval > 0 && g.calls-t.call >= g.Interval
}
