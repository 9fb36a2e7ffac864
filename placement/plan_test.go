// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
	"github.com/gospead/spead/placement"
	"github.com/gospead/spead/recv"
)

// slowPlace places a heap as a Spec says, word by word.
func slowPlace(s *placement.Spec, values map[spead.ItemID]int64, p *recv.Placement) {
	if p.HeapLength != s.HeapBytes {
		return
	}
	chunk, heap, offset := int64(0), int64(0), int64(0)
	for i, x := range s.Indices {
		v, ok := slowValue(x.Value, values, p.StreamID)
		number, fits := slowNumber(x, v)
		if !ok || !fits {
			return
		}
		count := slowCount(x)
		if x.Endless {
			chunk, number = number/count, number%count
		}
		if number >= count {
			return
		}
		heap = heap*count + number
		stride := x.Stride
		if stride == 0 {
			stride = s.HeapBytes
			for _, inner := range slices.Backward(s.Indices[i+1:]) {
				if inner.Stride > 0 {
					stride = inner.Stride
				}
				stride *= slowCount(inner)
			}
		}
		offset += number * stride
	}
	p.ChunkID, p.HeapIndex, p.HeapOffset = chunk, int(heap), offset
	if s.PacketBytes > 0 {
		p.HeapIndex *= int(s.HeapBytes-1)/s.PacketBytes + 1
	}
	at := 0
	for _, side := range s.Side {
		v, ok := slowValue(side.Value, values, p.StreamID)
		if !ok {
			v = -1
		}
		size := side.Bytes
		if size == 0 {
			size = 8
		}
		for range size {
			p.Extra[at] = byte(v)
			v >>= 8
			at++
		}
	}
	p.ExtraOffset, p.ExtraSize = int(heap)*at, at
	if at == 0 {
		p.ExtraOffset = 0
	}
}

func slowCount(x placement.Index) int64 {
	if x.Count == 0 {
		return int64(len(x.Values))
	}
	return int64(x.Count)
}

func slowValue(v placement.Value, values map[spead.ItemID]int64, stream int) (int64, bool) {
	n := int64(stream)
	if !v.Stream {
		n = values[v.Item]
	}
	if n < 0 {
		return 0, false
	}
	if v.Mask != 0 {
		n &= int64(v.Mask)
	}
	return n >> v.Shift, true
}

func slowNumber(x placement.Index, v int64) (int64, bool) {
	if len(x.Values) > 0 {
		n := slices.Index(x.Values, uint64(v))
		return int64(n), n >= 0
	}
	if v -= int64(x.First); v < 0 {
		return 0, false
	}
	if x.Modulo > 0 {
		v %= int64(x.Modulo)
	}
	step := max(int64(x.Step), 1)
	return v / step, x.Floor || v%step == 0
}

func randomSpec(r *rand.Rand) *placement.Spec {
	s := &placement.Spec{HeapBytes: 1 + r.Int64N(100), PacketBytes: r.IntN(2) * (1 + r.IntN(30))}
	value := func() placement.Value {
		v := placement.Value{Item: spead.ItemID(1 + r.IntN(6)), Shift: r.IntN(3) * r.IntN(20)}
		if r.IntN(8) == 0 {
			v.Item, v.Stream = 0, true
		}
		if r.IntN(2) == 0 {
			v.Mask = r.Uint64N(1 << 56 >> r.IntN(50))
		}
		return v
	}
	endless := r.IntN(3)
	for i := range 3 {
		x := placement.Index{Value: value(), Count: 1 + r.IntN(9), Endless: i == endless}
		switch r.IntN(5) {
		case 0:
			if !x.Endless {
				x.Values = []uint64{7, 3, 1 << (3 + r.IntN(50)), 0, 9}[:1+r.IntN(5)]
				x.Count = 0
				break
			}
			fallthrough
		case 1:
			x.Step, x.Floor = 1+r.Uint64N(20), true
		case 2:
			x.Modulo, x.Step = 1+r.Uint64N(50), r.Uint64N(4)
		default:
			x.First, x.Step = r.Uint64N(5), r.Uint64N(4)
		}
		s.Indices = append(s.Indices, x)
	}
	for range r.IntN(3) {
		s.Side = append(s.Side, placement.Side{Value: value(), Bytes: r.IntN(9)})
	}
	return s
}

// TestPlansDoWhatSpecsSay compares random plans with the word-by-word reading of their Specs.
func TestPlansDoWhatSpecsSay(t *testing.T) {
	placed := 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := randomSpec(r)
		plan, err := s.Compile()
		if err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		var cfg recv.ChunkConfig
		plan.Configure(&cfg)
		for range 30 {
			values := map[spead.ItemID]int64{}
			p := recv.Placement{HeapLength: s.HeapBytes, StreamID: r.IntN(4), ChunkID: -1, Extra: make([]byte, cfg.MaxExtra)}
			for id := range spead.ItemID(7) {
				values[id] = r.Int64N(1 << 56 >> r.IntN(57))
				if r.IntN(20) == 0 {
					values[id] = -1
				}
			}
			for _, id := range cfg.Items {
				p.Items = append(p.Items, values[id])
			}
			want := p
			want.Extra = make([]byte, cfg.MaxExtra)
			slowPlace(s, values, &want)
			cfg.Place(&p)
			if diff := cmp.Diff(want, p, cmp.AllowUnexported(recv.Placement{})); diff != "" {
				t.Fatalf("seed %d, %+v, %v (-spec +plan):\n%s", seed, s, values, diff)
			}
			if p.ChunkID >= 0 {
				placed++
				if p.HeapOffset+s.HeapBytes > int64(plan.ChunkBytes()) || p.HeapIndex >= plan.Places() || p.ExtraOffset+p.ExtraSize > plan.ExtraBytes() {
					t.Fatalf("seed %d: outside of the chunk: %+v", seed, p)
				}
			}
		}
	}
	if placed < 1000 {
		t.Errorf("only %d heaps were placed", placed)
	}
}

// TestExamplesAreWhatUsersWrite compares two of the examples with placements written by hand.
func TestExamplesAreWhatUsersWrite(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, place := range handWritten() {
		_, plan := load(t, name)
		for range 10000 {
			items := []int64{r.Int64N(1 << 40), r.Int64N(1 << 40), r.Int64N(1 << 47)}
			for i := range items {
				switch r.IntN(4) {
				case 0:
					items[i] = r.Int64N(100)
				case 1:
					items[i] &^= 1<<21 - 1
				case 2:
					items[i] = -r.Int64N(2)
				}
			}
			got := recv.Placement{Items: items, HeapLength: []int64{5120, 65536}[r.IntN(2)], ChunkID: -1, Extra: make([]byte, 2)}
			want := got
			want.Extra = make([]byte, 2)
			plan.Place(&got)
			place(&want)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(recv.Placement{})); diff != "" {
				t.Fatalf("%s, %v (-written +declared):\n%s", name, items, diff)
			}
		}
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	const good = `{"heap_bytes": 8, "indices": [{"item": "0x1600", "count": 4, "endless": true}, {"item": 2, "count": 3}]}`
	tests := []struct{ name, old, new, field string }{
		{"no heap size", `8`, `0`, "HeapBytes"},
		{"no endless index", `true`, `false`, "Indices"},
		{"two endless indices", `"item": 2`, `"item": 2, "endless": true`, "Indices"},
		{"no item", `"item": 2`, `"mask": 2`, "Indices[1].Item"},
		{"item and stream", `"item": 2`, `"item": 2, "stream": true`, "Indices[1].Item"},
		{"an item that can't be", `"item": 2`, `"item": "0xffffffffffffffff"`, "Indices[1].Item"},
		{"a shift that can't be", `"item": 2`, `"item": 2, "shift": 64`, "Indices[1].Shift"},
		{"no count", `"count": 3`, `"step": 3`, "Indices[1].Count"},
		{"too many values", `"count": 3`, `"count": 3, "values": [1, 2, 3, 4]`, "Indices[1].Values"},
		{"a value twice", `"count": 3`, `"values": [1, 2, 1]`, "Indices[1].Values[2]"},
		{"values and step", `"count": 3`, `"values": [1, 2], "step": 4`, "Indices[1].Values"},
		{"modulo and floor", `"count": 3`, `"count": 3, "modulo": 4, "floor": true`, "Indices[1].Floor"},
		{"a step that can't be", `"count": 3`, `"count": 3, "step": "0x100000000000000"`, "Indices[1].First, Step, Modulo"},
		{"a negative stride", `"count": 3`, `"count": 3, "stride": -1`, "Indices[1].Stride"},
		{"heaps that overlap", `"count": 3`, `"count": 3, "stride": 7`, "Indices.Stride"},
		{"rows that overlap", `"count": 4`, `"count": 4, "stride": 16`, "Indices.Stride"},
		{"negative packets", `"heap_bytes"`, `"packet_bytes": -1, "heap_bytes"`, "PacketBytes"},
		{"a side value of nine bytes", `"heap_bytes"`, `"side": [{"item": 3, "bytes": 9}], "heap_bytes"`, "Side[0].Bytes"},
		{"a chunk larger than memory", `"count": 3`, `"count": 3, "stride": 9000000000000000000`, "Indices"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spec, err := placement.Parse([]byte(strings.Replace(good, test.old, test.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			_, err = spec.Compile()
			var field *spead.FieldError
			if !errors.As(err, &field) || field.Field != "placement.Spec."+test.field {
				t.Errorf("error %v, want one of %s", err, test.field)
			}
		})
	}
}

func TestWhatIsNoDescriptionIsRefused(t *testing.T) {
	for _, text := range []string{``, `[]`, `{"heap_byte": 8}`, `{"heap_bytes": "eight"}`, `{} {}`, `{"heap_bytes": -0.5}`} {
		if _, err := placement.Parse([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
