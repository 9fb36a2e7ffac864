// SPDX-License-Identifier: Apache-2.0

package spead_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/vectors"
)

// vectorHeap is what the test reads of a heap in a vector.
type vectorHeap struct {
	Flavour     [3]int
	Descriptors []struct {
		ID    spead.ItemID
		Name  string
		Shape []*int64
		Order string
		// The numpy header stands for the dtype.
		Format      [][2]any
		NumpyHeader string `json:"numpy_header"`
		Error       any
	}
	Items []struct {
		ID        spead.ItemID
		Value     any
		Immediate bool
	}
	RawItems []struct {
		ID        spead.ItemID
		Immediate bool
		Value     uint64
		Len       int
		Hex       string
		SHA256    string
	} `json:"raw_items"`
}

// TestValuesOfTheVectorsAreEncodedAsSpead2Does sets the values that spead2 decoded, and compares the
// bytes with those that spead2 had sent. Decoding them is tested in recv.
func TestValuesOfTheVectorsAreEncodedAsSpead2Does(t *testing.T) {
	compared := 0
	all := vectors.All(t, vectors.Stream)
	for _, v := range all {
		var document struct{ Heaps []vectorHeap }
		if err := unmarshal(v.Document, &document); err != nil {
			t.Fatal(err)
		}
		t.Run(v.Name, func(t *testing.T) {
			group := &spead.ItemGroup{}
			for _, h := range document.Heaps {
				describeVector(t, group, &h, spead.BugCompat(v.Options.BugCompat))
				compared += compareVector(t, group, &h)
			}
		})
	}
	if len(all) > 100 && compared < 500 {
		t.Errorf("only %d values were compared", compared)
	}
}

// unmarshal keeps numbers as they are written.
func unmarshal(document []byte, v any) error {
	d := json.NewDecoder(strings.NewReader(string(document)))
	d.UseNumber()
	return d.Decode(v)
}

func describeVector(t *testing.T, group *spead.ItemGroup, h *vectorHeap, bug spead.BugCompat) {
	t.Helper()
	for _, entry := range h.Descriptors {
		if entry.Error != nil {
			return
		}
		raw := spead.RawDescriptor{ID: entry.ID, Name: []byte(entry.Name), NumpyHeader: []byte(entry.NumpyHeader)}
		for _, dimension := range entry.Shape {
			if dimension == nil {
				raw.Shape = append(raw.Shape, spead.Variable)
			} else {
				raw.Shape = append(raw.Shape, *dimension)
			}
		}
		for _, field := range entry.Format {
			bits, _ := field[1].(json.Number).Int64()
			raw.Format = append(raw.Format, spead.Field{Code: field[0].(string)[0], Bits: bits})
		}
		d, err := raw.Descriptor(bug)
		if err != nil {
			t.Fatal(err)
		}
		if d.FortranOrder != (entry.Order == "F") {
			t.Errorf("%v: order %v", entry.ID, entry.Order)
		}
		if _, err := group.Add(d); err != nil {
			t.Fatal(err)
		}
	}
}

// compareVector encodes the heap's values and returns how many it compared.
func compareVector(t *testing.T, group *spead.ItemGroup, h *vectorHeap) (compared int) {
	t.Helper()
	for _, entry := range h.Items {
		it, ok := group.ByID(entry.ID)
		if !ok || entry.Value == nil || lacksNULs(it, entry.Value) {
			continue
		}
		if err := it.SetValue(goValue(it, entry.Value)); err != nil {
			t.Errorf("%v: %v", entry.ID, err)
			continue
		}
		content, err := it.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if !sentBy(h, it, content) {
			t.Errorf("%v: % x is not what was sent", entry.ID, content)
		}
		compared++
	}
	return compared
}

// lacksNULs says whether a value is a text that was sent with NULs, which spead2 drops.
func lacksNULs(it *spead.Item, value any) bool {
	text, ok := value.(string)
	return ok && len(it.Shape) == 1 && it.Shape[0] != spead.Variable && int64(len(text)) < it.Shape[0]
}

// sentBy says whether the heap has an item with these bytes. What was sent may have more: bits that
// pad, bytes before an immediate's, and bytes behind others that nothing needs.
func sentBy(h *vectorHeap, it *spead.Item, content []byte) bool {
	sum := sha256.Sum256(content)
	for _, raw := range h.RawItems {
		switch {
		case raw.ID != it.ID:
		case raw.Immediate && sameImmediate(it, raw.Value, content),
			raw.SHA256 == hex.EncodeToString(sum[:]),
			raw.SHA256 != "" && raw.Len > len(content),
			!raw.Immediate && raw.SHA256 == "" && strings.HasPrefix(raw.Hex, hex.EncodeToString(content)):
			return true
		}
	}
	return false
}

// sameImmediate compares the bits that the item has.
func sameImmediate(it *spead.Item, sent uint64, content []byte) bool {
	bits := int64(len(content)) * 8
	padding := bits - it.ItemSizeBits()*it.ValueShape().Elements()
	value := new(big.Int).SetBytes(content).Uint64()
	return bits <= 64 && (sent^value)<<(64-bits)>>(64-bits)>>padding == 0
}

// goValue turns a value of a vector into what Item.SetValue takes.
func goValue(it *spead.Item, v any) any {
	kind, dtype := it.ResultType()
	if kind != spead.ResultElements {
		dtype = nil
	}
	var nested func(depth int, v any) any
	nested = func(depth int, v any) any {
		if list, ok := v.([]any); ok && depth > 0 {
			out := make([]any, len(list))
			for i := range list {
				out[i] = nested(depth-1, list[i])
			}
			return out
		}
		return goElement(dtype, v)
	}
	return nested(len(it.Shape), v)
}

func goElement(dtype *spead.DType, v any) any {
	if list, ok := v.([]any); ok {
		if dtype.Kind() == spead.KindComplex {
			return complex(goFloat(list[0]), goFloat(list[1]))
		}
		out := make([]any, len(list))
		for i, f := range dtype.Fields() {
			out[i] = goField(f.DType, len(f.Shape), list[i])
		}
		return out
	}
	if n, ok := v.(json.Number); ok && (dtype == nil || dtype.Kind() != spead.KindFloat) {
		i, _ := new(big.Int).SetString(n.String(), 10)
		return i
	}
	if dtype == nil {
		return v
	}
	switch dtype.Kind() {
	case spead.KindFloat:
		return goFloat(v)
	case spead.KindBytes:
		var latin1 []byte
		for _, r := range v.(string) {
			latin1 = append(latin1, byte(r))
		}
		return string(latin1)
	case spead.KindVoid:
		b, _ := hex.DecodeString(v.(string))
		return b
	}
	return v
}

// goField is goElement for a sub-array of depth dimensions.
func goField(dtype *spead.DType, depth int, v any) any {
	if depth == 0 {
		return goElement(dtype, v)
	}
	list := v.([]any)
	out := make([]any, len(list))
	for i := range list {
		out[i] = goField(dtype, depth-1, list[i])
	}
	return out
}

func goFloat(v any) float64 {
	switch v {
	case "nan":
		// numpy's, of which the last bit isn't set.
		return math.Float64frombits(0x7ff8000000000000)
	case "inf":
		return math.Inf(1)
	case "-inf":
		return math.Inf(-1)
	}
	f, _ := v.(json.Number).Float64()
	return f
}
