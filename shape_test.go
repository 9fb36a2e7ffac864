// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"math"
	"slices"
	"testing"
)

func TestShapesResolveTheirVariableDimension(t *testing.T) {
	tests := []struct {
		shape     Shape
		available int64
		want      Shape
	}{
		{nil, 5, nil},
		{Shape{2, 3}, 1, Shape{2, 3}},
		{Shape{Variable}, 7, Shape{7}},
		{Shape{Variable, 3}, 7, Shape{2, 3}},
		{Shape{2, Variable, 2}, 20, Shape{2, 5, 2}},
		{Shape{0, Variable}, 20, Shape{0, 0}},
		{Shape{Variable, 1 << 40, 1 << 40}, 20, Shape{0, 1 << 40, 1 << 40}},
	}
	for _, test := range tests {
		if got := test.shape.Resolve(test.available); !slices.Equal(got, test.want) {
			t.Errorf("%v for %d: %v, want %v", test.shape, test.available, got, test.want)
		}
	}
}

func TestShapesAreComparedCountedAndPrinted(t *testing.T) {
	tests := []struct {
		shape    Shape
		text     string
		elements int64
		accepts  Shape
		refuses  Shape
	}{
		{nil, "()", 1, Shape{}, Shape{1}},
		{Shape{4}, "(4,)", 4, Shape{4}, Shape{5}},
		{Shape{2, Variable}, "(2, None)", 2, Shape{2, 9}, Shape{3, 9}},
		{Shape{Variable, 0, 1 << 62, 4}, "(None, 0, 4611686018427387904, 4)", 0, Shape{0, 0, 1 << 62, 4}, Shape{Variable, 0, 1 << 62, 4}},
		{Shape{1 << 32, 1 << 32}, "(4294967296, 4294967296)", math.MaxInt64, Shape{1 << 32, 1 << 32}, nil},
	}
	for _, test := range tests {
		if got := test.shape.String(); got != test.text {
			t.Errorf("printed %s, want %s", got, test.text)
		}
		if got := test.shape.Elements(); got != test.elements {
			t.Errorf("%v: %d elements, want %d", test.shape, got, test.elements)
		}
		if !test.shape.Accepts(test.accepts) || test.shape.Accepts(test.refuses) {
			t.Errorf("%v doesn't accept %v, or accepts %v", test.shape, test.accepts, test.refuses)
		}
	}
}

func TestFormatsAreReadAndPrinted(t *testing.T) {
	f, err := ParseFormat("b1, i7,c8,f32")
	if err != nil || f.String() != "b1,i7,c8,f32" || f.Bits() != 48 {
		t.Errorf("%v, %v", f, err)
	}
	for _, text := range []string{"", "u", "u8,", "ux", "8", "f16", "u0"} {
		_, err := ParseFormat(text)
		expectFieldError(t, err, "Descriptor.Format")
	}
}
