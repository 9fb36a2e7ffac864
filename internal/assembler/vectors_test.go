// SPDX-License-Identifier: Apache-2.0

package assembler

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/vectors"
	"github.com/gospead/spead/internal/wire"
)

// vectorHeap is what a vector says of a heap, as far as an assembler can tell.
type vectorHeap struct {
	Cnt           uint64             `json:"cnt"`
	Flavour       [3]int             `json:"flavour"`
	IsStart       bool               `json:"is_start"`
	IsEnd         bool               `json:"is_end"`
	Complete      bool               `json:"complete"`
	HeapLength    *int64             `json:"heap_length"`
	Received      *int64             `json:"received_length"`
	PayloadRanges [][2]int64         `json:"payload_ranges"`
	RawItems      []vectorItem       `json:"raw_items"`
	Descriptors   []vectorDescriptor `json:"descriptors"`
}

type vectorItem struct {
	ID        uint64  `json:"id"`
	Immediate bool    `json:"immediate"`
	Value     *uint64 `json:"value"`
	Len       *int    `json:"len"`
	Hex       *string `json:"hex"`
	SHA256    *string `json:"sha256"`
}

type vectorDescriptor struct {
	ID          uint64  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Shape       []any   `json:"shape"`  // integers, or nil
	Format      []any   `json:"format"` // pairs of a letter and an integer
	Numpy       *string `json:"numpy_header"`
	Error       any     `json:"error"`
}

func TestVectorsAreAssembledAsSpead2Does(t *testing.T) {
	heaps := 0
	for _, v := range vectors.All(t, vectors.Stream) {
		t.Run(v.Name, func(t *testing.T) {
			var want struct {
				Heaps []vectorHeap
				Stats map[string]int64
			}
			if err := json.Unmarshal(v.Document, &want); err != nil {
				t.Fatal(err)
			}
			got, stats := assembleVector(t, v)
			heaps += len(got)
			for i := range min(len(got), len(want.Heaps)) {
				correctOverlongControl(&want.Heaps[i], got[i])
				passOverErrors(want.Heaps[i].Descriptors, got[i].Descriptors)
			}
			if diff := cmp.Diff(want.Heaps, got); diff != "" {
				t.Errorf("heaps (-spead2 +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.Stats, stats); diff != "" {
				t.Errorf("stats (-spead2 +got):\n%s", diff)
			}
		})
	}
	t.Logf("%d heaps", heaps)
}

// correctOverlongControl takes over what we say where spead2 reads past a number.
func correctOverlongControl(want *vectorHeap, got vectorHeap) {
	for _, item := range want.RawItems {
		if item.ID == uint64(spead.StreamCtrlID) && item.Len != nil && *item.Len > 8 {
			want.IsStart, want.IsEnd = got.IsStart, got.IsEnd
		}
	}
}

// passOverErrors leaves only the ids of descriptors that can't be interpreted.
func passOverErrors(want, got []vectorDescriptor) {
	for i := range min(len(want), len(got)) {
		if want[i].Error != nil {
			want[i], got[i] = vectorDescriptor{ID: want[i].ID}, vectorDescriptor{ID: got[i].ID}
		} else if want[i].Numpy != nil {
			want[i].Shape = nil // that in the numpy header, which only its interpretation tells
		}
	}
}

// assembleVector does with a capture what a stream does.
func assembleVector(t *testing.T, v *vectors.Vector) (heaps []vectorHeap, stats map[string]int64) {
	r, err := pcap.Open(v.Capture, pcap.Options{Filter: v.Options.Filter})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	placer := &testPlacer{tb: t}
	a := New(Config{
		MaxHeaps: v.Options.MaxHeaps, Substreams: v.Options.Substreams, BugCompat: spead.BugCompat(v.Options.BugCompat),
		KeepStop: !v.Options.StopOnStopItem, RequireHeapLength: !v.Options.AllowUnsizedHeaps, AllowOutOfOrder: v.Options.AllowOutOfOrder,
	}, placer)
	collect := func() {
		for h := a.Next(); h != nil; h = a.Next() {
			if h.End() != StopItem && (h.Complete() || !v.Options.ContiguousOnly) {
				heaps = append(heaps, seenHeap(h, v.Options))
			}
			if b := h.TakePayload(); b != nil {
				placer.Free(b)
			}
			a.Recycle(h)
		}
	}
	packets := int64(0)
	for {
		d, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		var p wire.Packet
		if size, refusal := p.Decode(d.Payload); err != nil || refusal != spead.Accepted || size != len(d.Payload) {
			continue
		}
		if a.Add(&p) != spead.RefusedStopped {
			packets++
		}
		collect()
	}
	a.Flush()
	collect()
	c := a.Counters()
	return heaps, map[string]int64{
		"heaps": c.HeapsCompleted + c.HeapsEvicted + c.HeapsFlushed, "packets": packets,
		"incomplete_heaps_evicted": c.HeapsEvicted, "incomplete_heaps_flushed": c.HeapsFlushed,
		"single_packet_heaps": c.SinglePacketHeaps,
	}
}

// seenHeap says of a heap what a vector would. Vectors leave out descriptors' bytes and empty items.
func seenHeap(h *Heap, options vectors.Options) vectorHeap {
	v := vectorHeap{
		Cnt: uint64(h.Cnt()), Flavour: [3]int{spead.Version, spead.PointerBits, h.Flavour().HeapAddressBits()},
		IsStart: h.IsCtrl(spead.CtrlStart), IsEnd: h.IsCtrl(spead.CtrlStop), Complete: h.Complete(),
		RawItems: []vectorItem{}, Descriptors: []vectorDescriptor{},
	}
	if !h.Complete() {
		length, received := h.Length(), h.Received()
		v.HeapLength, v.Received, v.PayloadRanges = &length, &received, [][2]int64{}
		for start, end := range h.Ranges() {
			if options.IncompleteKeepPayloadRanges {
				v.PayloadRanges = append(v.PayloadRanges, [2]int64{start, end})
			}
		}
	}
	for item := range h.Items() {
		if item.ID != spead.DescriptorID && len(item.Value) > 0 {
			v.RawItems = append(v.RawItems, seenItem(item))
		}
	}
	for d := range h.Descriptors() {
		v.Descriptors = append(v.Descriptors, seenDescriptor(d))
	}
	return v
}

func seenDescriptor(d spead.RawDescriptor) vectorDescriptor {
	v := vectorDescriptor{ID: uint64(d.ID), Name: string(d.Name), Description: string(d.Description)}
	if len(d.NumpyHeader) > 0 {
		header := string(d.NumpyHeader)
		v.Numpy = &header
		return v
	}
	v.Shape = []any{}
	for _, dimension := range d.Shape {
		if dimension == spead.Variable {
			v.Shape = append(v.Shape, nil)
		} else {
			v.Shape = append(v.Shape, float64(dimension))
		}
	}
	for _, field := range d.Format {
		v.Format = append(v.Format, []any{string(rune(field.Code)), float64(field.Bits)})
	}
	return v
}

func seenItem(item spead.RawItem) vectorItem {
	v := vectorItem{ID: uint64(item.ID), Immediate: item.Immediate}
	if item.Immediate {
		v.Value = &item.Number
		return v
	}
	n := len(item.Value)
	v.Len = &n
	if n <= 32 {
		text := hex.EncodeToString(item.Value)
		v.Hex = &text
	} else {
		sum := sha256.Sum256(item.Value)
		text := hex.EncodeToString(sum[:])
		v.SHA256 = &text
	}
	return v
}
