// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"testing"

	"github.com/gospead/spead"
)

// FuzzDescriptorFields parses format and shape fields, which any bytes are, and encodes them again.
func FuzzDescriptorFields(f *testing.F) {
	f.Add(uint8(40), uint8(0), []byte("u\x00\x00\x20f\x00\x00\x40"))
	f.Add(uint8(48), uint8(3), []byte("\x02\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, bits, bug uint8, b []byte) {
		fl, err := spead.NewFlavour(int(bits), spead.BugCompat(bug))
		if err != nil {
			return
		}
		format := AppendFormat(nil, b, fl)
		whole := b[:len(format)*FormatFieldSize(fl)]
		if len(b)-len(whole) >= FormatFieldSize(fl) || string(appendFormatFields(nil, fl, format)) != string(whole) {
			t.Errorf("%v: format % x became %v", fl, b, format)
		}
		shape := AppendShape(nil, b, fl)
		if len(shape) != len(b)/ShapeFieldSize(fl) {
			t.Errorf("%v: shape % x became %v", fl, b, shape)
		}
		if again := AppendShape(nil, appendShapeFields(nil, fl, shape), fl); len(again) != len(shape) {
			t.Errorf("%v: shape %v became %v", fl, shape, again)
		}
		if _, err := AppendDescriptor(nil, fl, &spead.RawDescriptor{ID: 1, Format: format, Shape: shape}); err != nil &&
			uint64(len(format)*FormatFieldSize(fl)+len(shape)*ShapeFieldSize(fl)) <= fl.MaxImmediate() {
			t.Errorf("%v: %v, %v: %v", fl, format, shape, err)
		}
	})
}
