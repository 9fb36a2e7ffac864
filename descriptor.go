// SPDX-License-Identifier: Apache-2.0

package spead

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
