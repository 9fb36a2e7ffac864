// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Parse reads a Spec in JSON. Since JSON knows no hexadecimal numbers, strings such as "0x1600" stand
// for them. Fields that a Spec doesn't have are an error; Compile finds what else is wrong.
func Parse(text []byte) (*Spec, error) {
	var tree any
	if err := decode(text, &tree); err != nil {
		return nil, fmt.Errorf("read placement: %w", err)
	}
	// Marshalling what was just decoded can't fail.
	plain, _ := json.Marshal(withNumbers("", tree))
	spec := new(Spec)
	if err := decode(plain, spec); err != nil {
		return nil, fmt.Errorf("read placement: %w", err)
	}
	return spec, nil
}

func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows the description")
	}
	return nil
}

// withNumbers gives a JSON value with all hexadecimal numbers in strings as numbers, but for those
// in texts for people.
func withNumbers(key string, value any) any {
	switch v := value.(type) {
	case string:
		if n, err := strconv.ParseUint(v, 0, 64); err == nil && key != "name" && key != "description" {
			return json.Number(strconv.FormatUint(n, 10))
		}
	case []any:
		for i := range v {
			v[i] = withNumbers(key, v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = withNumbers(k, v[k])
		}
	}
	return value
}
