// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"

	"github.com/gospead/spead"
)

const (
	// descriptorCnt is the heap cnt of every embedded descriptor packet, as in spead2.
	descriptorCnt = 1
	// shapeVariable and shapeVariableBit1 are the flag bytes of a dimension of variable length: as
	// spead2 reads the SPEAD document, and as PySPEAD had it.
	shapeVariable     = 1
	shapeVariableBit1 = 2
)

// FormatFieldSize is the size in bytes of one field of DESCRIPTOR_FORMAT: a type code, and a bit
// length of as many bytes as the flavour's mode and item id take.
func FormatFieldSize(f spead.Flavour) int {
	if f.BugCompat()&spead.BugDescriptorWidths != 0 {
		return 4
	}
	return 1 + PointerSize - f.HeapAddressBytes()
}

// ShapeFieldSize is the size in bytes of one field of DESCRIPTOR_SHAPE: a flag byte, and a length
// of as many bytes as the flavour's heap address.
func ShapeFieldSize(f spead.Flavour) int {
	if f.BugCompat()&spead.BugDescriptorWidths != 0 {
		return 8
	}
	return 1 + f.HeapAddressBytes()
}

func shapeVariableFlag(f spead.Flavour) byte {
	if f.BugCompat()&spead.BugShapeBit1 != 0 {
		return shapeVariableBit1
	}
	return shapeVariable
}

// AppendFormat appends the fields in b, the bytes of a DESCRIPTOR_FORMAT item, to dst. Bytes that
// don't make a whole field are ignored. Codes and widths are not judged. dst doesn't alias b.
func AppendFormat(dst spead.Format, b []byte, f spead.Flavour) spead.Format {
	for size := FormatFieldSize(f); len(b) >= size; b = b[size:] {
		dst = append(dst, spead.Field{Code: b[0], Bits: int64(bigEndian(b[1:size]))})
	}
	return dst
}

// AppendShape appends the dimensions in b, the bytes of a DESCRIPTOR_SHAPE item, to dst. Bytes that
// don't make a whole field are ignored, and so are the length of a variable dimension and all flags
// but that for variable. dst doesn't alias b.
func AppendShape(dst spead.Shape, b []byte, f spead.Flavour) spead.Shape {
	variable := shapeVariableFlag(f)
	for size := ShapeFieldSize(f); len(b) >= size; b = b[size:] {
		dimension := int64(bigEndian(b[1:size]))
		if b[0]&variable != 0 {
			dimension = spead.Variable
		}
		dst = append(dst, dimension)
	}
	return dst
}

// AppendDescriptor appends to dst the packet that describes an item to receivers: the value of a
// DESCRIPTOR item in a heap of flavour f, whose bug compatibility applies. The packet is byte for
// byte spead2's. dst is returned as it was, with a *spead.FieldError, if something does not fit the
// flavour; spead2 truncates some of that in silence.
func AppendDescriptor(dst []byte, f spead.Flavour, d *spead.RawDescriptor) ([]byte, error) {
	if err := checkDescriptor(f, d); err != nil {
		return dst, err
	}
	fields := [...]struct {
		id     spead.ItemID
		length int
	}{
		{spead.DescriptorNameID, len(d.Name)},
		{spead.DescriptorDescriptionID, len(d.Description)},
		{spead.DescriptorFormatID, len(d.Format) * FormatFieldSize(f)},
		{spead.DescriptorShapeID, len(d.Shape) * ShapeFieldSize(f)},
		{spead.DescriptorDTypeID, len(d.NumpyHeader)},
	}
	addressed := fields[:]
	if len(d.NumpyHeader) == 0 {
		addressed = fields[:len(fields)-1]
	}
	length := descriptorPayload(f, d)

	dst = AppendHeader(dst, f, SpecialCount+1+len(addressed))
	dst = AppendSpecials(dst, f, Specials{Cnt: descriptorCnt, HeapLength: length, PayloadLength: length})
	bits := f.HeapAddressBits()
	dst = AppendPointer(dst, ImmediatePointer(bits, spead.DescriptorIDID, uint64(d.ID)))
	address := 0
	for _, field := range addressed {
		dst = AppendPointer(dst, AddressPointer(bits, field.id, uint64(address)))
		address += field.length
	}
	dst = append(dst, d.Name...)
	dst = append(dst, d.Description...)
	dst = appendFormatFields(dst, f, d.Format)
	dst = appendShapeFields(dst, f, d.Shape)
	return append(dst, d.NumpyHeader...), nil
}

// checkDescriptor finds what AppendDescriptor would have to truncate.
func checkDescriptor(f spead.Flavour, d *spead.RawDescriptor) error {
	// The id has to fit an item pointer, and the immediate that announces it.
	if most := min(f.MaxItemID(), spead.ItemID(f.MaxImmediate())); d.ID == 0 || d.ID > most {
		return &spead.FieldError{Field: "descriptor id", Value: d.ID,
			Allowed: fmt.Sprintf("0x1 to %v in %v", most, f)}
	}
	most := int64(1)<<(8*(FormatFieldSize(f)-1)) - 1
	for _, field := range d.Format {
		if field.Bits < 0 || field.Bits > most {
			return &spead.FieldError{Field: "format bits", Value: field.Bits,
				Allowed: fmt.Sprintf("0 to %d in %v", most, f)}
		}
	}
	most = int64(1)<<(8*(ShapeFieldSize(f)-1)) - 1
	for _, dimension := range d.Shape {
		if dimension != spead.Variable && (dimension < 0 || dimension > most) {
			return &spead.FieldError{Field: "shape dimension", Value: dimension,
				Allowed: fmt.Sprintf("0 to %d, or variable, in %v", most, f)}
		}
	}
	if length := descriptorPayload(f, d); uint64(length) > f.MaxImmediate() {
		return &spead.FieldError{Field: "descriptor length", Value: length,
			Allowed: fmt.Sprintf("up to %d in %v", f.MaxImmediate(), f)}
	}
	return nil
}

// descriptorPayload is the length in bytes of the payload of d's packet.
func descriptorPayload(f spead.Flavour, d *spead.RawDescriptor) int64 {
	return int64(len(d.Name)) + int64(len(d.Description)) + int64(len(d.NumpyHeader)) +
		int64(len(d.Format))*int64(FormatFieldSize(f)) + int64(len(d.Shape))*int64(ShapeFieldSize(f))
}

func appendFormatFields(dst []byte, f spead.Flavour, format spead.Format) []byte {
	width := FormatFieldSize(f) - 1
	for _, field := range format {
		dst = append(dst, field.Code)
		dst = appendBigEndian(dst, uint64(field.Bits), width)
	}
	return dst
}

func appendShapeFields(dst []byte, f spead.Flavour, shape spead.Shape) []byte {
	width := ShapeFieldSize(f) - 1
	for _, dimension := range shape {
		flag := byte(0)
		if dimension == spead.Variable {
			flag, dimension = shapeVariableFlag(f), 0
		}
		dst = append(dst, flag)
		dst = appendBigEndian(dst, uint64(dimension), width)
	}
	return dst
}

// bigEndian reads a number of up to 8 bytes.
func bigEndian(b []byte) uint64 {
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// appendBigEndian appends the low bytes of v, as many as width says.
func appendBigEndian(dst []byte, v uint64, width int) []byte {
	for shift := 8 * (width - 1); shift >= 0; shift -= 8 {
		dst = append(dst, byte(v>>shift))
	}
	return dst
}
