// SPDX-License-Identifier: Apache-2.0

package placement_test

import (
	"errors"
	"math"
	"testing"

	"github.com/gospead/spead"
	"github.com/gospead/spead/placement"
)

// TestLimitsAreKept tries numbers at the ends of their types.
func TestLimitsAreKept(t *testing.T) {
	endless := placement.Index{Value: placement.Value{Item: 0x1600}, Count: 4, Endless: true}
	listed := placement.Index{Value: placement.Value{Item: 2}, Values: []uint64{math.MaxUint64}}
	late := placement.Index{Value: placement.Value{Item: 2}, First: math.MaxUint64 - 3, Count: 8}
	tests := []struct {
		name, field string
		spec        placement.Spec
	}{
		{"heaps and packets as long as can be", "Indices", placement.Spec{HeapBytes: math.MaxInt64, PacketBytes: math.MaxInt, Indices: []placement.Index{endless}}},
		{"heaps with more packets than can be counted", "Indices", placement.Spec{HeapBytes: math.MaxInt64 / 2, PacketBytes: 2, Indices: []placement.Index{endless}}},
		{"a value that can't be, which is that of an item that is missing", "Indices[1].Values", placement.Spec{HeapBytes: 8, Indices: []placement.Index{endless, listed}}},
		{"a first value that can't be, behind which others lie", "Indices[1].First, Step, Modulo", placement.Spec{HeapBytes: 8, Indices: []placement.Index{endless, late}}},
		{"a window that can't be", "Window", placement.Spec{HeapBytes: 8, Window: -1, Indices: []placement.Index{endless}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.spec.Compile()
			var field *spead.FieldError
			if !errors.As(err, &field) || field.Field != "placement.Spec."+test.field {
				t.Errorf("error %v, want one of %s", err, test.field)
			}
		})
	}
}

func TestPacketsMayBeLongerThanHeaps(t *testing.T) {
	spec := placement.Spec{HeapBytes: 3, PacketBytes: math.MaxInt,
		Indices: []placement.Index{{Value: placement.Value{Item: 0x1600}, Count: 4, Endless: true}}}
	plan, err := spec.Compile()
	if err != nil || plan.Places() != 4 {
		t.Errorf("%d places: %v", plan.Places(), err)
	}
}
