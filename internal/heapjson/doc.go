// SPDX-License-Identifier: Apache-2.0

// Package heapjson writes a received heap as JSON: what `spead recv --json` prints, a line per heap.
//
// The form is that of the shared packet vectors (testdata/vectors/README.md, `heaps`), so that a
// line can be compared with a vector as it is:
//
//	{"cnt":1,"flavour":[4,64,48],"is_start":false,"is_end":false,"complete":true,
//	 "descriptors":[{"id":4096,"name":"x",...}],"items":[{"id":4096,"name":"x",...}],
//	 "raw_items":[{"id":4096,"immediate":true,"value":7}]}
//
// Keys come in the order of the vectors. Incomplete heaps add heap_length, received_length and
// payload_ranges after complete; heaps whose items can't be decoded add error before items.
//
// Integers are exact, whatever their size: a reader that turns numbers into 64-bit floats loses
// digits. Floats are written as Python does, always with a fraction or an exponent; not-a-number and
// the infinities are the strings "nan", "inf" and "-inf". Complex numbers are [re, im], structures
// lists of their fields, byte strings text of one character per byte, void bytes hexadecimal digits.
//
// Where spead2 has a defect, the line says what is right and so differs from a vector; package
// vectors knows where.
package heapjson
