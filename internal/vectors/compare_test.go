// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheRightAnswerHasNoDifference(t *testing.T) {
	for _, v := range public(t) {
		Check(t, v, rightResult(t, v))
	}
}

// Where spead2's own answer differs from the right one, and nowhere else.
func TestOnlyTheKnownDefectsOfSpead2Differ(t *testing.T) {
	want := map[string][]string{
		// Arrays of shape (0,) and (3, 0) that came as immediates.
		"quirk_zero_size": {
			"final_group[0].has_value", "final_group[1].has_value", "heaps[1].error", "heaps[2].error",
		},
		// An immediate of shape (0,).
		"immediate_odd": {"final_group[1].has_value", "heaps[2].error"},
		// Empty strings and arrays of variable length.
		"strings":     {"heaps[3].items[0x25c8]"},
		"zero_length": {"heaps[1].items[0x70a5]", "heaps[2].items[0x3aa9]", "heaps[2].items[0x70a5]"},
	}
	for _, v := range public(t) {
		got := paths(v.Compare(spead2Result(t, v)))
		if diff := cmp.Diff(want[v.Name], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", v.Name, diff)
		}
	}
}

// Every leaf of a heap's document is compared: none can be changed, taken away or doubled.
func TestEveryChangedLeafIsFound(t *testing.T) {
	leaves := 0
	for _, v := range public(t) {
		heaps, _ := v.answers()
		for i := range heaps {
			doc, err := decodeObject(marshal(t, heaps[i].right()))
			if err != nil {
				t.Fatal(err)
			}
			alter(doc, "", func(path string) {
				leaves++
				if len(heaps[i].compare("", doc)) == 0 {
					t.Errorf("%s: heap %d: %s changed, and no difference found", v.Name, i, path)
				}
			})
			if found := heaps[i].compare("", doc); len(found) != 0 {
				t.Fatalf("%s: heap %d wasn't restored: %v", v.Name, i, found)
			}
		}
	}
	if leaves < 8000 {
		t.Errorf("only %d alterations were tried", leaves)
	}
}

// alter changes one thing after the other within a document, calls try for each, and restores it.
func alter(v any, path string, try func(path string)) {
	switch v := v.(type) {
	case object:
		for _, key := range sortedKeys(v) {
			old := v[key]
			at := path + "." + key
			if at != ".descriptors[].error.message" && at != ".descriptors[].error.type" {
				v[key] = changed(old)
				try(at)
			}
			delete(v, key)
			try(at + " deleted")
			v[key] = old
			alter(old, at, try)
		}
		v["unheard-of"] = true
		try(path + ".unheard-of")
		delete(v, "unheard-of")
	case []any:
		for i, old := range v {
			if i > 1 && i < len(v)-1 {
				// Long arrays are alike all over.
				continue
			}
			v[i] = changed(old)
			try(path + "[]")
			v[i] = old
			alter(old, path+"[]", try)
		}
	}
}

// changed gives another value of the same kind, as near as can be.
func changed(v any) any {
	switch v := v.(type) {
	case json.Number:
		if strings.HasPrefix(v.String(), "-") {
			return v[1:]
		}
		return "-1" + v
	case string:
		return v + "x"
	case bool:
		return !v
	case []any:
		return append(append([]any{}, v...), json.Number("0"))
	case object:
		return []any{}
	}
	return json.Number("0")
}

func TestChangesAroundTheHeapsAreFound(t *testing.T) {
	for _, v := range public(t) {
		if len(v.heaps) < 2 || len(v.finalGroup) == 0 {
			continue
		}
		changes := map[string]func(r *Result){
			"a heap less":       func(r *Result) { r.Heaps = r.Heaps[1:] },
			"a heap more":       func(r *Result) { r.Heaps = append(r.Heaps, r.Heaps[0]) },
			"an item less":      func(r *Result) { r.FinalGroup = json.RawMessage("[]") },
			"another item name": func(r *Result) { replace(&r.FinalGroup, `"name":"`, `"name":"x`) },
			"another item id":   func(r *Result) { replace(&r.FinalGroup, `"id":`, `"id":1`) },
			"no statistic":      func(r *Result) { delete(r.Stats, "single_packet_heaps") },
			"another statistic": func(r *Result) { r.Stats["packets"]++ },
			"a broken heap":     func(r *Result) { r.Heaps[1] = json.RawMessage("{") },
			"a broken group":    func(r *Result) { r.FinalGroup = json.RawMessage("{}") },
			"two heaps in one":  func(r *Result) { r.Heaps[0] = append(r.Heaps[0], r.Heaps[0]...) },
		}
		for name, change := range changes {
			r := rightResult(t, v)
			change(&r)
			if len(v.Compare(r)) == 0 {
				t.Errorf("%s: %s: no difference found", v.Name, name)
			}
		}
	}
}

func replace(doc *json.RawMessage, from, to string) {
	*doc = json.RawMessage(strings.Replace(string(*doc), from, to, 1))
}

func TestWhatIsNotKnownIsNotCompared(t *testing.T) {
	for _, v := range public(t) {
		r := rightResult(t, v)
		r.FinalGroup, r.Stats = nil, nil
		Check(t, v, r)
	}
}

func TestNumbersCompareByValue(t *testing.T) {
	tests := []struct {
		name      string
		want, got string
		same      bool
	}{
		{"integers beyond 64 bits that are equal", "36893488147419103231", "36893488147419103231", true},
		{"integers beyond 64 bits that differ in the last digit", "36893488147419103231", "36893488147419103230", false},
		{"a float written in another way", "1e-05", "0.00001", true},
		{"a float without its fraction", "1.0", "1", true},
		{"floats that differ in the last bit", "0.1", "0.10000000000000002", false},
		{"zeros of different signs", "0.0", "-0.0", false},
		{"negative zeros", "-0.0", "-0.0", true},
		{"an integer and its nearest float", "9007199254740993", "9007199254740992", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if same := sameNumber(test.want, test.got); same != test.same {
				t.Errorf("%s and %s: got %v, want %v", test.want, test.got, same, test.same)
			}
		})
	}
}
