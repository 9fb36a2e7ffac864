// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"encoding/binary"
	"slices"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/mem"
	"github.com/gospead/spead/recv"
)

// Plan is a compiled Spec. It isn't changed by use, so that any number of streams may share it.
type Plan struct {
	heapBytes   int64
	packetBytes int
	window      int
	items       []spead.ItemID
	time        index   // the endless one
	indices     []index // the others
	sides       []side

	reasons []string

	perHeap     int // places of a heap
	places      int
	chunkBytes  int64
	recordBytes int
}

// fromStream is the item of a value that is the stream's id.
const fromStream = -1

// taken says which bits are taken of which item.
type taken struct {
	mask  uint64
	item  int32 // in Plan.items, or fromStream
	shift uint8
}

// indexKind says how an index makes a number of a value.
type indexKind uint8

const (
	kindPlain  indexKind = iota // step 1
	kindSteps                   // other steps
	kindFloor                   // values between steps count as the step below
	kindRound                   // values go round
	kindTable                   // table: 0 for a value that isn't listed, n+1 for one whose number is n
	kindLookup                  // lookup: likewise
)

// index is a compiled Index.
type index struct {
	taken
	kind   indexKind
	first  uint64
	weight uint64 // in heaps
	stride int64  // in bytes
	reason int    // of heaps without a number, in Plan.reasons
	count  divisor
	step   divisor
	modulo divisor
	table  []int32
	lookup map[uint64]int32
}

// side is a compiled Side.
type side struct {
	taken
	at, size int // in the heap's record, in bytes
}

// Items are the items that Place needs: recv.ChunkConfig.Items.
func (p *Plan) Items() []spead.ItemID { return slices.Clone(p.items) }

// ChunkBytes is the size of a chunk's Data.
func (p *Plan) ChunkBytes() int { return int(p.chunkBytes) }

// Places is the size of a chunk's Present.
func (p *Plan) Places() int { return p.places }

// ExtraBytes is the size of a chunk's Extra: a record for each heap, 0 without side values.
func (p *Plan) ExtraBytes() int { return p.places / p.perHeap * p.recordBytes }

// Reasons are the reasons why a heap may be rejected: "length" if it has another length, and the names
// of the indices, in the order of the Spec, of which it has no number; for those without a name of
// their own, they say which index it is, from 0. A heap has the first that applies, of which the endless index
// comes before the others.
func (p *Plan) Reasons() []string { return slices.Clone(p.reasons) }

// Configure sets the fields of a configuration that the plan decides: Place, Items, PacketPresence,
// MaxExtra, and Window if the Spec has it. To Statistics it adds, for each of Reasons, how many heaps
// were rejected for it: "rejected length" and so on.
func (p *Plan) Configure(cfg *recv.ChunkConfig) {
	counter := counter{p, len(cfg.Statistics)}
	cfg.Statistics = slices.Clip(cfg.Statistics)
	for _, reason := range p.reasons {
		cfg.Statistics = append(cfg.Statistics, recv.Statistic{Name: "rejected " + reason})
	}
	cfg.Place = counter.place
	cfg.Items = p.Items()
	cfg.PacketPresence = p.packetBytes
	cfg.MaxExtra = p.recordBytes
	if p.window != 0 {
		cfg.Window = p.window
	}
}

// NewChunks makes chunks of the right size. Their memory is zero, all of it is there, so that the first
// heaps cost no page faults, and lies on huge pages where the system has them.
func (p *Plan) NewChunks(count int) []*recv.Chunk {
	chunks := make([]*recv.Chunk, count)
	for i := range chunks {
		chunks[i] = &recv.Chunk{
			Data:    mem.Alloc(p.ChunkBytes(), mem.Options{Huge: true, Present: true}),
			Present: make([]byte, p.Places()),
			Extra:   make([]byte, p.ExtraBytes()),
		}
	}
	return chunks
}

// counter places heaps for a stream, and counts those that are rejected.
type counter struct {
	*Plan
	first int // statistic
}

func (c counter) place(h *recv.Placement) {
	if reason := c.Plan.place(h); reason != placed {
		h.Count(c.first+reason, 1)
	}
}

// Place says where a heap goes: recv.ChunkConfig.Place, with the plan's Items.
func (p *Plan) Place(h *recv.Placement) { p.place(h) }

// placed is what place gives for a heap that is placed.
const placed = -1

// place says where a heap goes; for one that is rejected, why, as an index of Reasons.
func (p *Plan) place(h *recv.Placement) (reason int) {
	if h.HeapLength != p.heapBytes || len(h.Items) < len(p.items) {
		return 0
	}
	// What lies before first, and an item that is missing, is beyond allBits: its quotient is wrong,
	// and it has no count.
	t := &p.time
	number := t.take(h) - t.first
	if t.kind > kindSteps {
		number = t.unusual(number)
	} else if q := t.step.quotient(number); q*t.step.by == number {
		number = q
	} else {
		return t.reason
	}
	if number > allBits {
		return t.reason
	}
	chunk := t.count.quotient(number)
	number -= chunk * t.count.by
	heap, offset := number*t.weight, int64(number)*t.stride
	for i := range p.indices {
		x := &p.indices[i]
		if number = x.take(h) - x.first; x.kind != kindPlain {
			number = x.unusual(number)
		}
		if number >= x.count.by {
			return x.reason
		}
		heap += number * x.weight
		offset += int64(number) * x.stride
	}
	h.ChunkID, h.HeapIndex, h.HeapOffset = int64(chunk), int(heap)*p.perHeap, offset
	if p.recordBytes > 0 {
		p.record(h, int(heap))
	}
	return placed
}

// noNumber says that a heap has no number in an index.
const noNumber = ^uint64(0)

// take gives the selected bits of a value, or noNumber if the item is missing.
func (t *taken) take(h *recv.Placement) uint64 {
	n := int64(h.StreamID)
	if t.item != fromStream {
		n = h.Items[t.item]
	}
	return uint64(n)&t.mask>>(t.shift&63) | uint64(n>>63)
}

// unusual makes a number of a value, counted from x.first.
func (x *index) unusual(v uint64) uint64 {
	if v > allBits {
		return noNumber
	}
	switch x.kind {
	case kindTable:
		if v < uint64(len(x.table)) {
			return uint64(int64(x.table[v]) - 1)
		}
		return noNumber
	case kindLookup:
		return uint64(int64(x.lookup[v]) - 1)
	case kindRound:
		v -= x.modulo.quotient(v) * x.modulo.by
	case kindFloor:
		return x.step.quotient(v)
	}
	number := x.step.quotient(v)
	if number*x.step.by != v {
		return noNumber
	}
	return number
}

// record writes a heap's side values.
func (p *Plan) record(h *recv.Placement, heap int) {
	for i := range p.sides {
		s := &p.sides[i]
		v := s.take(h)
		to := h.Extra[s.at:]
		switch s.size {
		case 8:
			binary.LittleEndian.PutUint64(to, v)
		case 4:
			binary.LittleEndian.PutUint32(to, uint32(v))
		case 2:
			binary.LittleEndian.PutUint16(to, uint16(v))
		default:
			for b := range s.size {
				to[b] = byte(v >> (8 * b))
			}
		}
	}
	h.ExtraSize = p.recordBytes
	h.ExtraOffset = heap * p.recordBytes
}
