// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Variable marks the one dimension of a Shape whose length follows from an item's size.
const Variable = -1

// dimensionsMax is how many dimensions a shape may have: numpy's limit.
const dimensionsMax = 64

// Shape gives the length of each dimension; a scalar has none. At most one may be Variable.
type Shape []int64

// IsVariable says whether the shape has a variable dimension.
func (s Shape) IsVariable() bool { return slices.Contains(s, Variable) }

// Elements is the number of elements that a shape without a variable dimension has: 1 for a scalar.
// A product beyond an int64 gives math.MaxInt64; a variable dimension counts as one element.
func (s Shape) Elements() int64 {
	if slices.Contains(s, 0) {
		return 0
	}
	product := int64(1)
	for _, dimension := range s {
		if dimension == Variable {
			continue
		}
		if product > math.MaxInt64/dimension {
			return math.MaxInt64
		}
		product *= dimension
	}
	return product
}

// Resolve gives the shape of a value for which there are the bytes of available elements: the
// variable dimension takes as many as the others make whole, and none if another dimension is zero.
// A shape without a variable dimension comes back as it is, whether or not it fits. The result never
// aliases s.
func (s Shape) Resolve(available int64) Shape { return s.appendResolved(nil, available) }

func (s Shape) appendResolved(dst Shape, available int64) Shape {
	dst = append(dst, s...)
	if i := slices.Index(s, Variable); i >= 0 {
		dst[i] = 0
		if known := s.Elements(); known > 0 {
			dst[i] = available / known
		}
	}
	return dst
}

// Accepts says whether a value of shape value may be given to an item of shape s: it has as many
// dimensions, of the same lengths but for the variable one.
func (s Shape) Accepts(value Shape) bool {
	return slices.EqualFunc(s, value, func(want, got int64) bool {
		return got >= 0 && (want == got || want == Variable)
	})
}

// String writes the shape as a Python tuple with None for the variable dimension: "(2, None)".
func (s Shape) String() string {
	var b strings.Builder
	b.WriteByte('(')
	for i, dimension := range s {
		if i > 0 {
			b.WriteString(", ")
		}
		if dimension == Variable {
			b.WriteString("None")
		} else {
			b.WriteString(strconv.FormatInt(dimension, 10))
		}
	}
	if len(s) == 1 {
		b.WriteByte(',')
	}
	b.WriteByte(')')
	return b.String()
}

// check reports a shape that no descriptor may have.
func (s Shape) check() error {
	if len(s) > dimensionsMax {
		return &FieldError{"Descriptor.Shape", fmt.Sprintf("%d dimensions", len(s)),
			fmt.Sprintf("up to %d dimensions", dimensionsMax)}
	}
	variable := 0
	for _, dimension := range s {
		if dimension == Variable {
			variable++
		} else if dimension < 0 {
			return &FieldError{"Descriptor.Shape", dimension, "dimensions of 0 or more, or Variable"}
		}
	}
	if variable > 1 {
		return &FieldError{"Descriptor.Shape", s.String(), "at most one variable dimension"}
	}
	return nil
}
