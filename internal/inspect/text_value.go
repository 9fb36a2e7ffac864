// SPDX-License-Identifier: Apache-2.0

package inspect

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/gospead/spead"
)

const (
	elementsTold = 6
	bytesTold    = 16
	textTold     = 60
	typeTold     = 60
	valueTold    = 48
)

// typeText is an element's type.
func typeText(d *spead.Descriptor) string {
	text := d.Format.String()
	if d.DType != nil {
		text = d.DType.String()
	}
	return shortened(text, typeTold)
}

// shortened cuts text that is too long.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// text shows the latest value, as its descriptor says, or as it came.
func (it *item) text() string {
	if it.heaps == 0 {
		return ""
	}
	if it.descriptor != nil && it.unclear == nil {
		if text, ok := it.asDescribed(); ok {
			return text
		}
	}
	if it.immediates > 0 && it.immediates == it.heaps {
		return fmt.Sprintf("%d = %#x", it.number.latest, it.number.latest)
	}
	n := min(len(it.value), bytesTold)
	text := hex.EncodeToString(it.value[:n])
	if it.length > n {
		text += "…"
	}
	return text
}

// asDescribed shows the value as its descriptor says; ok is false if the two don't fit.
func (it *item) asDescribed() (text string, ok bool) {
	d := *it.descriptor
	bits := d.ItemSizeBits()
	if bits <= 0 {
		return "", false
	}
	elements := d.Shape.Resolve(8 * int64(it.length) / bits).Elements()
	if elements > 8*int64(it.length)/bits {
		return "", false
	}
	shown := min(elements, 8*int64(len(it.value))/bits, elementsTold)
	if d.IsText() {
		shown = min(elements, 8*int64(len(it.value))/bits, textTold)
	}
	scalar := len(d.Shape) == 0
	if !scalar {
		// The first elements as they lie there: what the shape is says the descriptor.
		d.Shape, d.FortranOrder = spead.Shape{shown}, false
	}
	raw := spead.RawItem{ID: d.ID, Immediate: it.immediates == it.heaps, Value: it.value}
	if raw.Immediate && shown < elements {
		return "", false // their place depends on the number of elements
	}
	value, err := valueOf(d, raw)
	if err != nil || !scalar && shown == 0 && elements > 0 {
		return "", false
	}
	return valueText(value, elements > shown), true
}

func valueOf(d spead.Descriptor, raw spead.RawItem) (any, error) {
	decoded, err := spead.NewItem(d)
	if err != nil {
		return nil, err
	}
	if err := decoded.LeaseRaw(raw); err != nil {
		return nil, err
	}
	return decoded.Value()
}

// valueText writes a value; more says that it goes on.
func valueText(value any, more bool) string {
	switch v := value.(type) {
	case string:
		text := strconv.Quote(shortened(v, textTold))
		if more {
			text += "…"
		}
		return text
	case []any:
		parts := make([]string, len(v), len(v)+1)
		for i, element := range v {
			parts[i] = elementText(element)
		}
		if more {
			parts = append(parts, "…")
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return elementText(value)
}

func elementText(value any) string {
	switch v := value.(type) {
	case float32:
		return strconv.FormatFloat(float64(v), 'g', 6, 32)
	case float64:
		return strconv.FormatFloat(v, 'g', 8, 64)
	case string:
		return strconv.Quote(shortened(v, textTold))
	case []byte:
		return hex.EncodeToString(v[:min(len(v), bytesTold)])
	case []any:
		parts := make([]string, 0, elementsTold)
		for i, element := range v {
			if i == elementsTold {
				parts = append(parts, "…")
				break
			}
			parts = append(parts, elementText(element))
		}
		return "(" + strings.Join(parts, ", ") + ")"
	}
	return shortened(fmt.Sprint(value), textTold)
}
