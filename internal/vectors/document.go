// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// object is a decoded JSON object; its numbers are json.Number, as integers may exceed 64 bits.
type object = map[string]any

// heapEntry is one of a vector's `heaps`: all of it, and what the rules look at.
type heapEntry struct {
	whole       object
	Cnt         uint64
	Flavour     [3]int
	Complete    bool
	Error       bool
	Descriptors []descriptor
	RawItems    []rawItem `json:"raw_items"`
}

// descriptor is one of a heap's `descriptors`.
type descriptor struct {
	ID                uint64
	Name, Description string
	// Shape has nil for the variable dimension.
	Shape []*int64
	Order string
	// DType is a string, a list, or nil if there is a Format.
	DType  any
	Format []field
	// Error is there instead of all but ID and Name if the descriptor can't be interpreted.
	Error *struct{}
}

// rawItem is one of a heap's `raw_items`. An addressed one has either Hex or only a hash.
type rawItem struct {
	ID        uint64
	Immediate bool
	Value     uint64
	Len       int64
	Hex       *string
}

// field is one field of a format.
type field struct {
	Code string
	Bits int64
}

// UnmarshalJSON reads ["u", 32].
func (f *field) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&f.Code, &f.Bits})
}

// decode reads one JSON document, and nothing after it.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("the JSON document is followed by another")
	}
	return nil
}

func decodeObject(data []byte) (object, error) {
	var o object
	if err := decode(data, &o); err != nil {
		return nil, err
	}
	return o, nil
}

// objects takes a list of objects.
func objects(v any) ([]object, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%v is not a list", v)
	}
	result := make([]object, len(list))
	for i := range list {
		if result[i], ok = list[i].(object); !ok {
			return nil, fmt.Errorf("element %d is not an object", i)
		}
	}
	return result, nil
}

// readHeaps reads a vector's `heaps`, in both forms.
func readHeaps(document []byte) ([]heapEntry, error) {
	var typed struct{ Heaps []heapEntry }
	if err := decode(document, &typed); err != nil {
		return nil, fmt.Errorf("heaps: %w", err)
	}
	var plain struct{ Heaps []object }
	if err := decode(document, &plain); err != nil {
		return nil, fmt.Errorf("heaps: %w", err)
	}
	for i := range typed.Heaps {
		typed.Heaps[i].whole = plain.Heaps[i]
	}
	return typed.Heaps, nil
}

// listOf takes a list of objects, which in a vector it is.
func listOf(v any) []object {
	list, _ := objects(v)
	return list
}

func listOfAny(v any) []any {
	list, _ := v.([]any)
	return list
}

// identifier is an entry's `id`; 0, which no item has, if there is none.
func identifier(entry object) uint64 {
	n, _ := entry["id"].(json.Number)
	id, _ := strconv.ParseUint(n.String(), 10, 64)
	return id
}

func sortedKeys(o object) []string { return slices.Sorted(maps.Keys(o)) }
