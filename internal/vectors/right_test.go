// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

// public returns the stream vectors that are in the repository, whatever the environment says.
func public(t *testing.T) []*Vector {
	t.Setenv(environment, "../../testdata/vectors")
	return All(t, Stream)
}

// right gives a heap's document as it should be, with the items that may be missing left out.
func (a *answer) right() object {
	doc := maps.Clone(a.whole)
	delete(doc, "error")
	items := []any{}
	for _, id := range slices.Sorted(maps.Keys(a.items)) {
		if item := a.items[id]; item.presence == yes && a.failed != yes {
			items = append(items, item.entry)
		}
	}
	doc["items"] = items
	if a.failed == yes {
		doc["error"] = true
	}
	return doc
}

// rightResult gives what Compare finds nothing wrong with.
func rightResult(t *testing.T, v *Vector) Result {
	t.Helper()
	heaps, finalGroup := v.answers()
	r := Result{Stats: map[string]int64{"chunks": 1}}
	for i := range heaps {
		r.Heaps = append(r.Heaps, marshal(t, heaps[i].right()))
	}
	group := []object{}
	for _, a := range finalGroup {
		entry := maps.Clone(a.entry)
		entry["has_value"] = a.hasValue == yes
		group = append(group, entry)
	}
	r.FinalGroup = marshal(t, group)
	for name, n := range v.stats {
		count, err := n.(json.Number).Int64()
		if err != nil {
			t.Fatal(err)
		}
		r.Stats[name] = count
	}
	return r
}

// spead2Result gives the vector's own answer.
func spead2Result(t *testing.T, v *Vector) Result {
	t.Helper()
	r := rightResult(t, v)
	for i := range v.heaps {
		r.Heaps[i] = marshal(t, v.heaps[i].whole)
	}
	r.FinalGroup = marshal(t, v.finalGroup)
	return r
}

func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func paths(found []Difference) []string {
	var list []string
	for _, d := range found {
		list = append(list, d.Path)
	}
	slices.Sort(list)
	return list
}
