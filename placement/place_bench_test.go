// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/gospead/spead/placement"
	"github.com/gospead/spead/recv"
)

// fengines is a placement as a user would write it, for the example of F-engines. What an array is
// like, its receiver learns when it is configured.
type fengines struct{ heapBytes, step, perChunk, antennas int64 }

func (f *fengines) place(p *recv.Placement) {
	timestamp, antenna := p.Items[0], p.Items[1]
	if p.HeapLength != f.heapBytes || timestamp < 0 || antenna < 0 || antenna >= f.antennas || timestamp%f.step != 0 {
		return
	}
	heap := timestamp / f.step
	p.ChunkID = heap / f.perChunk
	index := heap%f.perChunk*f.antennas + antenna
	p.HeapIndex = int(index)
	p.HeapOffset = index * f.heapBytes
}

// digitisers is one for the example of digitisers.
type digitisers struct{ heapBytes, samples, heaps int64 }

func (d *digitisers) place(p *recv.Placement) {
	id, timestamp, status := p.Items[0], p.Items[1], p.Items[2]
	if p.HeapLength != d.heapBytes || timestamp < 0 || id < 0 || timestamp%d.samples != 0 {
		return
	}
	heap := timestamp / d.samples
	p.ChunkID = heap / d.heaps
	index := heap%d.heaps + (id&1)*d.heaps
	p.HeapIndex = int(index)
	p.HeapOffset = index * d.heapBytes
	binary.LittleEndian.PutUint16(p.Extra, uint16(status>>32))
	p.ExtraOffset, p.ExtraSize = int(2*index), 2
}

// handWritten are those placements, by the examples' names.
func handWritten() map[string]func(*recv.Placement) {
	f := &fengines{heapBytes: 65536, step: 2097152, perChunk: 16, antennas: 64}
	d := &digitisers{heapBytes: 5120, samples: 4096, heaps: 1024}
	return map[string]func(*recv.Placement){"katgpucbf_fengine": f.place, "katgpucbf_digitiser": d.place}
}

func load(tb testing.TB, name string) (*placement.Spec, *placement.Plan) {
	tb.Helper()
	text, err := os.ReadFile("examples/" + name + ".json")
	if err != nil {
		tb.Fatal(err)
	}
	spec, err := placement.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	plan, err := spec.Compile()
	if err != nil {
		tb.Fatal(err)
	}
	return spec, plan
}

func BenchmarkPlace(b *testing.B) {
	for name, place := range handWritten() {
		spec, plan := load(b, name)
		for way, place := range map[string]func(*recv.Placement){"written": place, "declared": plan.Place} {
			b.Run(name+"/"+way, func(b *testing.B) {
				items := []int64{0, 0, 7 << 32}
				p := recv.Placement{Items: items, HeapLength: spec.HeapBytes, Extra: make([]byte, 2)}
				at := 1
				if name == "katgpucbf_fengine" {
					at = 0
				}
				b.ReportAllocs()
				placed := int64(0)
				for b.Loop() {
					p.ChunkID = -1
					items[at] += 2097152
					items[1-at] = items[at] >> 21 & 63
					place(&p)
					placed += p.ChunkID
				}
				if p.ChunkID < 0 || placed < 0 {
					b.Error("rejected")
				}
			})
		}
	}
}
