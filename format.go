// SPDX-License-Identifier: Apache-2.0

package spead

// Field is one field of a format: a type code ('u', 'i', 'f', 'b' or 'c') and its width in bits.
type Field struct {
	Code byte
	Bits int64
}

// Format lists the fields of which each element of an item consists.
type Format []Field
