// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// Result is what a receiver made of a vector's capture.
type Result struct {
	// Heaps has one JSON document per heap, in the order delivered.
	Heaps []json.RawMessage
	// FinalGroup is the item group at the end. If it is nil, it isn't compared.
	FinalGroup json.RawMessage
	// Stats has at least the statistics that vectors have, by their names. If it is nil, they aren't
	// compared.
	Stats map[string]int64
}

// Check reports each difference between a stream vector and a result as an error of the test.
func Check(t testing.TB, v *Vector, r Result) {
	t.Helper()
	for _, d := range v.Compare(r) {
		t.Errorf("%s: %v", v.Name, d)
	}
}

// Compare lists where a result is not what a stream vector asks for; what that is, doc.go says.
func (v *Vector) Compare(r Result) []Difference {
	heaps, finalGroup := v.answers()
	var found []Difference
	if len(heaps) != len(r.Heaps) {
		found = append(found, differ("number of heaps", len(heaps), len(r.Heaps))...)
	}
	for i := range min(len(heaps), len(r.Heaps)) {
		path := fmt.Sprintf("heaps[%d]", i)
		got, err := decodeObject(r.Heaps[i])
		if err != nil {
			found = append(found, Difference{path, "a JSON object", err.Error()})
			continue
		}
		found = append(found, heaps[i].compare(path, got)...)
	}
	if r.FinalGroup != nil {
		found = append(found, compareFinalGroup(finalGroup, r.FinalGroup)...)
	}
	if r.Stats != nil {
		found = append(found, v.compareStats(r.Stats)...)
	}
	return found
}

func (v *Vector) compareStats(got map[string]int64) []Difference {
	var found []Difference
	for _, name := range sortedKeys(v.stats) {
		path := "stats." + name
		if n, ok := got[name]; ok {
			found = append(found, compareValues(path, v.stats[name], jsonInt(n))...)
		} else {
			found = append(found, Difference{path, text(v.stats[name]), absent})
		}
	}
	return found
}

// compare compares one heap.
func (a *answer) compare(path string, got object) []Difference {
	want, got := maps.Clone(a.whole), maps.Clone(got)
	items, rawItems, descriptors := got["items"], got["raw_items"], got["descriptors"]
	failed, hasError := got["error"]
	found := compareRawItems(path+".raw_items", want["raw_items"], rawItems)
	found = append(found, compareDescriptors(path+".descriptors", want["descriptors"], descriptors)...)
	for _, key := range []string{"items", "raw_items", "descriptors", "error"} {
		delete(want, key)
		delete(got, key)
	}
	found = append(found, compareObjects(path, want, got)...)

	if hasError && failed != true {
		return append(found, Difference{path + ".error", "true, or no such key", text(failed)})
	}
	switch {
	case hasError && a.failed == no, !hasError && a.failed == yes:
		return append(found, differ(path+".error", a.failed == yes, hasError)...)
	case hasError:
		return append(found, compareValues(path+".items", []any{}, items)...)
	}
	return append(found, a.compareItems(path+".items", items)...)
}

// compareItems compares the items of a heap that was updated with success. They are sorted by id.
func (a *answer) compareItems(path string, got any) []Difference {
	list, err := objects(got)
	if err != nil {
		return []Difference{{path, "a list of objects", err.Error()}}
	}
	if !slices.IsSortedFunc(list, func(x, y object) int { return cmp.Compare(identifier(x), identifier(y)) }) {
		return []Difference{{path, "items sorted by id", text(got)}}
	}
	var found []Difference
	seen := map[uint64]bool{}
	for _, entry := range list {
		id := identifier(entry)
		at := fmt.Sprintf("%s[%#x]", path, id)
		want, ok := a.items[id]
		if !ok || seen[id] {
			found = append(found, Difference{at, absent, text(entry)})
			continue
		}
		seen[id] = true
		found = append(found, want.compare(at, entry)...)
	}
	for id, want := range a.items {
		if want.presence == yes && !seen[id] {
			found = append(found, Difference{fmt.Sprintf("%s[%#x]", path, id), text(want.entry), absent})
		}
	}
	return found
}

func (v itemValue) compare(path string, got object) []Difference {
	want, got := maps.Clone(v.entry), maps.Clone(got)
	_, wantValue := want["value"]
	_, gotValue := got["value"]
	switch {
	case v.partial:
		maps.DeleteFunc(got, func(key string, _ any) bool { _, known := want[key]; return !known })
	case wantValue != gotValue && v.mayLackValue():
		delete(want, "value")
		delete(got, "value")
	}
	return compareObjects(path, want, got)
}

// mayLackValue says whether an entry may come with its value or without: that of a long bit-packed
// array, which has no hash either. The README says that long arrays have only their hash.
func (v itemValue) mayLackValue() bool {
	_, hashed := v.entry["sha256"]
	count := int64(1)
	for _, dimension := range listOfAny(v.entry["shape"]) {
		n, _ := dimension.(json.Number)
		d, _ := n.Int64()
		count = saturatingProduct(count, d)
	}
	return !hashed && v.entry["dtype"] != "str" && count > valuesMost
}

// compareRawItems compares items as they were sent, in any order.
func compareRawItems(path string, want, got any) []Difference {
	wantList, gotList := canonical(want), canonical(got)
	if wantList == nil || gotList == nil {
		return compareValues(path, want, got)
	}
	if slices.Equal(wantList, gotList) {
		return nil
	}
	return []Difference{{path, fmt.Sprint(without(wantList, gotList)), fmt.Sprint(without(gotList, wantList))}}
}

// canonical gives the elements of a list as text, sorted; nil for what isn't a list.
func canonical(v any) []string {
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	result := []string{}
	for _, element := range list {
		data, err := json.Marshal(element)
		if err != nil {
			return nil
		}
		result = append(result, string(data))
	}
	slices.Sort(result)
	return result
}

// without gives what list a has and list b hasn't, an element counting once for each time it appears.
func without(a, b []string) []string {
	count := map[string]int{}
	for _, s := range b {
		count[s]++
	}
	var rest []string
	for _, s := range a {
		if count[s]--; count[s] < 0 {
			rest = append(rest, s)
		}
	}
	return rest
}

// compareDescriptors compares a heap's descriptors, in order.
func compareDescriptors(path string, want, got any) []Difference {
	return compareValues(path, withoutCauses(want), withoutCauses(got))
}

// withoutCauses leaves of a descriptor's error that it is there: type and message are for people.
func withoutCauses(descriptors any) any {
	list, err := objects(descriptors)
	if err != nil {
		return descriptors
	}
	result := make([]any, len(list))
	for i, d := range list {
		d = maps.Clone(d)
		result[i] = d
		cause, ok := d["error"].(object)
		if !ok {
			continue
		}
		cause = maps.Clone(cause)
		for _, key := range []string{"type", "message"} {
			if _, ok := cause[key].(string); ok {
				cause[key] = ""
			}
		}
		d["error"] = cause
	}
	return result
}

func compareFinalGroup(want []groupAnswer, data json.RawMessage) []Difference {
	const path = "final_group"
	var got []object
	if err := decode(data, &got); err != nil {
		return []Difference{{path, "a list of objects", err.Error()}}
	}
	if len(got) != len(want) {
		return differ(path, len(want), len(got))
	}
	var found []Difference
	for i, a := range want {
		entry := maps.Clone(a.entry)
		entry["has_value"] = a.hasValue == yes
		if hasValue, ok := got[i]["has_value"].(bool); ok && a.hasValue == maybe {
			entry["has_value"] = hasValue
		}
		found = append(found, compareObjects(fmt.Sprintf("%s[%d]", path, i), entry, got[i])...)
	}
	return found
}
