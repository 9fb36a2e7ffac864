// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Difference is one place where a result is not what the vector asks for.
type Difference struct {
	// Path says where, such as "heaps[2].items[0x1234].value[7]".
	Path string
	// Want and Got are the two sides, as JSON or in words.
	Want, Got string
}

// String gives the difference in one line.
func (d Difference) String() string {
	return fmt.Sprintf("%s: want %s, got %s", d.Path, d.Want, d.Got)
}

// absent stands for what one side doesn't have.
const absent = "nothing"

// differ returns the difference between two sides at a path.
func differ(path string, want, got any) []Difference {
	return []Difference{{path, text(want), text(got)}}
}

// text gives a value as JSON, not too long to be read.
func text(v any) string {
	const most = 120
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	if len(data) > most {
		return string(data[:most]) + "..."
	}
	return string(data)
}

// compareValues compares two decoded JSON values.
func compareValues(path string, want, got any) []Difference {
	switch w := want.(type) {
	case object:
		if g, ok := got.(object); ok {
			return compareObjects(path, w, g)
		}
	case []any:
		if g, ok := got.([]any); ok {
			return compareLists(path, w, g)
		}
	case json.Number:
		if g, ok := got.(json.Number); ok && sameNumber(w.String(), g.String()) {
			return nil
		}
	case string, bool, nil:
		if want == got {
			return nil
		}
	}
	return differ(path, want, got)
}

func compareObjects(path string, want, got object) []Difference {
	var found []Difference
	for _, key := range sortedKeys(want) {
		at := strings.TrimPrefix(path+"."+key, ".")
		g, ok := got[key]
		if !ok {
			found = append(found, Difference{at, text(want[key]), absent})
			continue
		}
		found = append(found, compareValues(at, want[key], g)...)
	}
	for _, key := range sortedKeys(got) {
		if _, ok := want[key]; !ok {
			found = append(found, Difference{strings.TrimPrefix(path+"."+key, "."), absent, text(got[key])})
		}
	}
	return found
}

func compareLists(path string, want, got []any) []Difference {
	if len(want) != len(got) {
		return []Difference{{path, fmt.Sprintf("%d elements", len(want)), fmt.Sprintf("%d: %s", len(got), text(got))}}
	}
	var found []Difference
	for i := range want {
		if n, ok := want[i].(json.Number); ok && got[i] == any(n) {
			continue // Most lists are long and equal.
		}
		found = append(found, compareValues(fmt.Sprintf("%s[%d]", path, i), want[i], got[i])...)
	}
	return found
}

// sameNumber compares two JSON numbers by value: integers exactly, whatever their size, and as
// 64-bit floats if either has a fraction or an exponent. 0.0 and -0.0 differ.
func sameNumber(want, got string) bool {
	w, wantInteger := new(big.Int).SetString(want, 10)
	g, gotInteger := new(big.Int).SetString(got, 10)
	if wantInteger && gotInteger {
		return w.Cmp(g) == 0
	}
	wf, wantErr := strconv.ParseFloat(want, 64)
	gf, gotErr := strconv.ParseFloat(got, 64)
	return wantErr == nil && gotErr == nil && math.Float64bits(wf) == math.Float64bits(gf)
}
