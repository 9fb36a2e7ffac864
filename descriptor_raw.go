// SPDX-License-Identifier: Apache-2.0

package spead

import (
	"fmt"
	"strconv"
)

const (
	// headerSubject is what errors about numpy headers name.
	headerSubject = "numpy header"
	// compatFormatBytes and compatShapeBytes are the widths of the numbers in format and shape fields
	// under BugDescriptorWidths; without it they follow from the flavour.
	compatFormatBytes = 3
	compatShapeBytes  = 7
)

// Raw gives the descriptor as it is sent in flavour f, whose bug compatibility applies. With a DType
// the shape stands both in Shape and in the numpy header, which is written as Python's repr writes
// it in spead2. It fails with a *FieldError if the descriptor is not valid, or if something of it
// does not fit the flavour; spead2 truncates ids, dimensions and bit widths in silence. The result
// shares Shape and Format with d.
func (d *Descriptor) Raw(f Flavour) (RawDescriptor, error) {
	if err := d.Validate(); err != nil {
		return RawDescriptor{}, err
	}
	if err := d.checkFit(f); err != nil {
		return RawDescriptor{}, err
	}
	raw := RawDescriptor{ID: d.ID, Name: []byte(d.Name), Description: []byte(d.Description), Shape: d.Shape}
	if d.DType == nil {
		raw.Format = d.Format
		return raw, nil
	}
	dtype := d.DType
	if f.BugCompat()&BugSwapEndian != 0 {
		dtype = dtype.SwapOrder()
	}
	raw.NumpyHeader = appendNumpyHeader(nil, dtype, d)
	return raw, nil
}

// checkFit reports what the wire has no room for.
func (d *Descriptor) checkFit(f Flavour) error {
	// The id has to fit an item pointer, and the immediate that announces it.
	if most := min(f.MaxItemID(), ItemID(f.MaxImmediate())); d.ID == 0 || d.ID > most {
		return &FieldError{"Descriptor.ID", d.ID, fmt.Sprintf("0x1 to %v in %v", most, f)}
	}
	formatBytes, shapeBytes := 7-f.HeapAddressBytes()+1, f.HeapAddressBytes()
	if f.BugCompat()&BugDescriptorWidths != 0 {
		formatBytes, shapeBytes = compatFormatBytes, compatShapeBytes
	}
	most := int64(1)<<(8*formatBytes) - 1
	for _, field := range d.Format {
		if field.Bits > most {
			return &FieldError{"Descriptor.Format", field.String(), fmt.Sprintf("up to %d bits in %v", most, f)}
		}
	}
	most = int64(1)<<(8*shapeBytes) - 1
	for _, dimension := range d.Shape {
		if dimension > most {
			return &FieldError{"Descriptor.Shape", dimension, fmt.Sprintf("dimensions of up to %d in %v", most, f)}
		}
	}
	return nil
}

// appendNumpyHeader appends a numpy header; of the descriptor it takes what is not in the dtype.
func appendNumpyHeader(dst []byte, dtype *DType, d *Descriptor) []byte {
	order := "False"
	if d.FortranOrder {
		order = "True"
	}
	dst = append(dst, "{'descr': "...)
	dst = dtype.appendDescr(dst)
	dst = append(dst, ", 'fortran_order': "...)
	dst = append(dst, order...)
	dst = append(dst, ", 'shape': "...)
	dst = append(dst, d.Shape.String()...)
	return append(dst, '}')
}

// Descriptor interprets a received descriptor, copying what it takes. bug is what the sender is
// known to do; only BugSwapEndian matters here. A numpy header overrides Shape and Format. Errors are
// *FieldError: text that isn't ASCII, a numpy header that isn't one, and whatever Validate refuses.
func (r *RawDescriptor) Descriptor(bug BugCompat) (Descriptor, error) {
	d := Descriptor{ID: r.ID, Name: string(r.Name), Description: string(r.Description)}
	if len(r.NumpyHeader) == 0 {
		d.Shape, d.Format = append(Shape{}, r.Shape...), append(Format{}, r.Format...)
		return d, d.Validate()
	}
	d.NumpyHeader = string(r.NumpyHeader)
	if err := d.parseNumpyHeader(); err != nil {
		return d, err
	}
	if bug&BugSwapEndian != 0 {
		d.DType = d.DType.SwapOrder()
	}
	return d, d.Validate()
}

// parseNumpyHeader takes type, order and shape out of NumpyHeader: a Python dict with exactly these
// three keys, in any order.
func (d *Descriptor) parseNumpyHeader() error {
	if err := checkASCII(headerSubject, d.NumpyHeader); err != nil {
		return err
	}
	value, err := parseLiteral(headerSubject, d.NumpyHeader)
	if err != nil {
		return err
	}
	dict, ok := value.(pyDict)
	descr, hasDescr := dict["descr"]
	order, hasOrder := dict["fortran_order"]
	shape, hasShape := dict["shape"]
	if !ok || len(dict) != 3 || !hasDescr || !hasOrder || !hasShape {
		return &FieldError{headerSubject, excerpt(d.NumpyHeader), "a dict of descr, fortran_order and shape"}
	}
	if d.FortranOrder, ok = order.(bool); !ok {
		return &FieldError{headerSubject + " fortran_order", excerpt(fmt.Sprint(order)), "True or False"}
	}
	if err := d.setShape(shape); err != nil {
		return err
	}
	d.DType, err = dtypeOf(descr)
	return err
}

func (d *Descriptor) setShape(shape any) error {
	tuple, ok := shape.(pyTuple)
	if !ok {
		return &FieldError{headerSubject + " shape", excerpt(fmt.Sprint(shape)), "a tuple"}
	}
	d.Shape = make(Shape, len(tuple))
	for i, value := range tuple {
		dimension, ok := value.(int64)
		if !ok || dimension < 0 {
			return &FieldError{headerSubject + " shape", excerpt(fmt.Sprint(value)),
				"integers of 0 or more, dimension " + strconv.Itoa(i) + " too"}
		}
		d.Shape[i] = dimension
	}
	return nil
}
