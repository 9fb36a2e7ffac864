// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"slices"
)

// RawDescriptor is a descriptor as it stands on the wire, before it is interpreted: byte strings
// that need not be ASCII, a format that need not be legal, a numpy header that need not parse.
type RawDescriptor struct {
	ID          ItemID
	Name        []byte
	Description []byte
	Shape       Shape
	Format      Format
	// NumpyHeader is the text of DESCRIPTOR_DTYPE; if it isn't empty, it overrides Shape and Format.
	NumpyHeader []byte
}

// Descriptor describes an item: what its bytes mean. Exactly one of Format and DType is set.
type Descriptor struct {
	// ID is the item's id.
	ID ItemID
	// Name is a short ASCII name, the key in an ItemGroup. It may be empty.
	Name string
	// Description is ASCII text for people.
	Description string
	// Shape gives the dimensions; empty for a scalar. With a DType none may be Variable.
	Shape Shape
	// Format lists the fields of an element; nil with a DType.
	Format Format
	// DType is the numpy type of an element; nil with a Format.
	DType *DType
	// FortranOrder says that the first index changes fastest in the item's bytes; only with a DType.
	FortranOrder bool
	// NumpyHeader is the text that the DType was read from, if the descriptor was received. It only
	// informs: Raw and Equal pass it over.
	NumpyHeader string
}

// Validate reports what spead2 refuses too when a descriptor is made, as *FieldError: more than one
// variable dimension, both or none of Format and DType, a variable dimension or Fortran order
// without the right one of them, an illegal format, a name or description that isn't ASCII. Beyond
// that it refuses shapes of more than 64 dimensions, which numpy can't take. The id isn't looked at.
func (d *Descriptor) Validate() error {
	if err := checkASCII("Descriptor.Name", d.Name); err != nil {
		return err
	}
	if err := checkASCII("Descriptor.Description", d.Description); err != nil {
		return err
	}
	if err := d.Shape.check(); err != nil {
		return err
	}
	switch {
	case d.DType == nil && d.FortranOrder:
		return &FieldError{"Descriptor.FortranOrder", true, "false with a Format"}
	case d.DType == nil:
		return d.Format.check()
	case len(d.Format) > 0:
		return &FieldError{"Descriptor.Format", d.Format.String(), "none with a DType"}
	case d.Shape.IsVariable():
		return &FieldError{"Descriptor.Shape", d.Shape.String(), "no variable dimension with a DType"}
	}
	return d.DType.check()
}

// Equal says whether two descriptors say the same: every field but NumpyHeader.
func (d *Descriptor) Equal(other *Descriptor) bool {
	return d.ID == other.ID && d.Name == other.Name && d.Description == other.Description &&
		d.FortranOrder == other.FortranOrder && slices.Equal(d.Shape, other.Shape) &&
		slices.Equal(d.Format, other.Format) && d.DType.Equal(other.DType)
}

// ItemSizeBits is the size of one element in bits.
func (d *Descriptor) ItemSizeBits() int64 {
	if d.DType != nil {
		return 8 * d.DType.Size()
	}
	return d.Format.Bits()
}

// AllowImmediate says whether a small value may be sent in its item pointer, by spead2's rule: not
// if a dimension is variable, as a pointer doesn't tell the length, and not if elements aren't whole
// bytes, as SPEAD doesn't say on which side their padding goes.
func (d *Descriptor) AllowImmediate() bool {
	return !d.Shape.IsVariable() && d.ItemSizeBits()%8 == 0
}

// IsText says whether values are text: one dimension of the format c8.
func (d *Descriptor) IsText() bool { return len(d.Shape) == 1 && d.DType == nil && d.Format.isText() }

// clone returns a descriptor that shares no memory that can be changed.
func (d *Descriptor) clone() Descriptor {
	c := *d
	c.Shape, c.Format = slices.Clone(d.Shape), slices.Clone(d.Format)
	return c
}

func checkASCII(field, s string) error {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return &FieldError{field, excerpt(s), "ASCII"}
		}
	}
	return nil
}
