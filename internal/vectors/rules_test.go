// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	emptyHash = `"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","len":0`
)

// A heap of which spead2 gets no item, as the second of four is an empty array.
func failedHeap(flavour string) (want, got string) {
	descriptors := `"descriptors":[` + strings.Join([]string{
		described("4096", "count", "[]", `[["u",16]]`),
		described("4097", "none", "[2,0]", `[["f",32]]`),
		described("4098", "few", "[null]", `[["u",4]]`),
		described("4099", "many", "[null]", `[["u",8]]`),
	}, ",") + `],`
	rawItems := `,"raw_items":[{"id":4096,"immediate":true,"value":7},{"id":4097,"immediate":true,"value":0},` +
		`{"id":4098,"immediate":false,"len":2,"hex":"12af"},{"id":4099,"immediate":false,"len":33,"sha256":"x"},` +
		`{"id":5000,"immediate":true,"value":0}]`
	want = heap(flavour, descriptors+`"error":true,"items":[]`+rawItems)
	got = heap(flavour, descriptors+`"items":[`+
		`{"id":4096,"name":"count","dtype":"<u2","shape":[],"value":7,"immediate":true},`+
		`{"id":4097,"name":"none","dtype":"<f4","shape":[2,0],`+emptyHash+`,"value":[[],[]],"immediate":true},`+
		`{"id":4098,"name":"few","dtype":"|O","shape":[4],"value":[1,2,10,15],"immediate":false},`+
		`{"id":4099,"name":"many","dtype":"|u1","shape":[33],"sha256":"x","len":33,"value":[],"immediate":false}]`+
		rawItems)
	return want, got
}

func groupOf(hasValue string) string {
	var list []string
	for _, name := range []string{"count", "none", "few", "many"} {
		value := "true"
		if name != "count" {
			value = hasValue
		}
		list = append(list, `{"id":`+jsonInt(int64(4096+len(list))).String()+`,"name":"`+name+`","has_value":`+value+`}`)
	}
	return strings.Join(list, ",")
}

func TestAnImmediateThatNeedsNoBytesDoesNotFail(t *testing.T) {
	for _, flavour := range []string{"16", "40", "48", "56"} {
		want, got := failedHeap(flavour)
		v := made{heaps: []string{want}, finalGroup: groupOf("false")}.load(t)
		Check(t, v, result([]string{got}, groupOf("true")))

		bad := map[string]Result{
			"spead2's answer":         result([]string{want}, groupOf("false")),
			"spead2's final group":    result([]string{got}, groupOf("false")),
			"another number":          result([]string{strings.Replace(got, `"value":7,"imm`, `"value":8,"imm`, 1)}, groupOf("true")),
			"another packed number":   result([]string{strings.Replace(got, "[1,2,10,15]", "[1,2,10,14]", 1)}, groupOf("true")),
			"another empty shape":     result([]string{strings.Replace(got, "[2,0],", "[0,2],", 1)}, groupOf("true")),
			"items without the empty": result([]string{strings.Replace(got, `{"id":4097,"name":"none","d`, `{"id":4097,"name":"n","d`, 1)}, groupOf("true")),
		}
		for name, r := range bad {
			if len(v.Compare(r)) == 0 {
				t.Errorf("64-%s: %s passed", flavour, name)
			}
		}
	}
}

// What spead2's update fails at, in this order, and whether it is right to fail.
func TestUpdatesFailOnlyWhereTheyShould(t *testing.T) {
	const (
		empty   = `{"id":1,"immediate":true,"value":0}`
		short   = `{"id":4096,"immediate":true,"value":0}`
		number  = `{"id":4097,"immediate":true,"value":0}`
		zero    = `{"id":4098,"immediate":true,"value":0}`
		variety = `{"id":4099,"immediate":true,"value":0}`
		text    = `{"id":4100,"immediate":false,"len":40,"sha256":"x"}`
		badText = `{"id":4100,"immediate":false,"len":2,"hex":"61ff"}`
		packed  = `{"id":4101,"immediate":true,"value":0}`
	)
	descriptors := strings.Join([]string{
		described("4096", "short", "[7]", `[["u",8]]`),
		described("4097", "number", "[]", `[["u",8]]`),
		described("4098", "zero", "[0]", `[["c",8]]`),
		described("4099", "variety", "[null]", `[["u",64]]`),
		described("4100", "text", "[null]", `[["c",8]]`),
		described("4101", "packed", "[0]", `[["u",4]]`),
	}, ",")
	tests := []struct {
		name  string
		items []string
		want  verdict
	}{
		{"too few bytes", []string{number, short}, yes},
		{"an empty string as an immediate", []string{number, zero}, no},
		{"an immediate shorter than one element of a variable array", []string{variety}, no},
		{"too few bytes before an empty array", []string{short, zero}, yes},
		{"too few bytes after an empty array", []string{zero, short}, yes},
		{"text that isn't ASCII after an empty array", []string{zero, badText}, yes},
		{"text that the vector doesn't show after an empty array", []string{zero, text}, maybe},
		{"text that the vector doesn't show before an empty array", []string{text, zero}, maybe},
		{"text that the vector doesn't show", []string{text}, yes},
		{"reading nothing bit by bit, which can't fail", []string{packed, short}, yes},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := made{heaps: []string{heap("48", `"descriptors":[`+descriptors+`],"error":true,"items":[],"raw_items":[`+
				strings.Join(test.items, ",")+`]`)}}.load(t)
			heaps, _ := v.answers()
			if got := heaps[0].failed; got != test.want {
				t.Errorf("failed: got %d, want %d", got, test.want)
			}
		})
	}
}

func TestTheItemGroupRemembersWhatIsRight(t *testing.T) {
	descriptor := described("4096", "none", "[0]", `[["u",8]]`)
	empty := heap("48", `"descriptors":[`+descriptor+`],"error":true,"items":[],"raw_items":[{"id":4096,"immediate":true,"value":0}]`)
	again := heap("48", `"descriptors":[`+descriptor+`],"items":[],"raw_items":[]`)
	renamed := heap("48", `"descriptors":[`+strings.Replace(descriptor, "none", "other", 1)+`],"items":[],"raw_items":[]`)
	taken := heap("48", `"descriptors":[`+strings.Replace(descriptor, "4096", "4097", 1)+`],"items":[],"raw_items":[]`)
	tests := []struct {
		name  string
		heaps []string
		want  verdict
	}{
		{"an empty value", []string{empty}, yes},
		{"an empty value, and the same descriptor again", []string{empty, again}, yes},
		{"an empty value, and another name for its id", []string{empty, renamed}, no},
		{"an empty value, and another id for its name", []string{empty, taken}, no},
		{"no value", []string{again}, no},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := made{heaps: test.heaps, finalGroup: `{"id":4096,"name":"none","has_value":false}`}.load(t)
			_, group := v.answers()
			if got := group[0].hasValue; got != test.want {
				t.Errorf("has_value: got %d, want %d", got, test.want)
			}
		})
	}
}

func TestPackedArraysKeepTheirDimensions(t *testing.T) {
	entry := `{"id":4096,"name":"packed","dtype":"|O","shape":[0],"value":[],"immediate":false}`
	rest := `"descriptors":[` + described("4096", "packed", "[0,null,3]", `[["u",4]]`) +
		`],"items":[` + entry + `],"raw_items":[{"id":4096,"immediate":false,"len":1,"hex":"00"}]`
	v := made{heaps: []string{heap("48", rest)}}.load(t)
	Check(t, v, result([]string{heap("48", strings.Replace(rest, `"shape":[0],"v`, `"shape":[0,0,3],"v`, 1))}, ""))
	if len(v.Compare(result([]string{heap("48", rest)}, ""))) == 0 {
		t.Error("spead2's shape passed")
	}
}

func TestOverlongControlItemsControlNothing(t *testing.T) {
	rest := `"descriptors":[],"items":[],"raw_items":[{"id":6,"immediate":false,"len":9,"hex":"000000000000000002"},` +
		`{"id":6,"immediate":false,"len":2,"hex":"0000"}]`
	start := strings.Replace(heap("48", rest), `"is_start":false`, `"is_start":true`, 1)
	both := strings.Replace(start, `"is_end":false`, `"is_end":true`, 1)
	v := made{heaps: []string{both}}.load(t)
	Check(t, v, result([]string{start}, ""))
	if diff := cmp.Diff([]string{"heaps[0].is_end"}, paths(v.Compare(result([]string{both}, "")))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLongPackedArraysMayLackTheirValue(t *testing.T) {
	without := `"descriptors":[],"items":[{"id":4096,"name":"packed","dtype":"|O","shape":[401],"immediate":false}],"raw_items":[]`
	with := strings.Replace(without, `[401],`, `[401],"value":[1`+strings.Repeat(",1", 400)+`],`, 1)
	other := strings.Replace(with, `[1,1,`, `[1,2,`, 1)
	tests := []struct {
		name, want, got string
		same            bool
	}{
		{"neither has it", without, without, true},
		{"the result has it", without, with, true},
		{"the vector has it", with, without, true},
		{"both have it", with, with, true},
		{"both have it and differ", with, other, false},
		{"the rest differs", with, strings.Replace(without, "packed", "p", 1), false},
		{"something is added", with, strings.Replace(without, `"id":4096`, `"id":4096,"len":1`, 1), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := made{heaps: []string{heap("48", test.want)}}.load(t)
			found := v.Compare(result([]string{heap("48", test.got)}, ""))
			if same := len(found) == 0; same != test.same {
				t.Errorf("got %v", found)
			}
		})
	}
}
