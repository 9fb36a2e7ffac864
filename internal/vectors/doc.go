// SPDX-License-Identifier: Apache-2.0

// Package vectors loads the shared packet vectors and compares what a receiver makes of their
// captures with what is right. It exists for tests.
//
// A vector is a capture, NAME.pcap, and what spead2's receiver made of it, NAME.json; the README
// beside the vectors describes both. Load reads a folder of them, All the folder that tests use:
// testdata/vectors, or the one that SPEAD_VECTORS names. Compare takes a Result in the same form,
// such as the lines of `spead recv --json`, and lists every Difference:
//
//	NAME.json -> Vector.answers -> per heap: failed? items? ----+
//	                ^                                           v
//	NAME.pcap -> pointers of each heap                       Compare -> []Difference
//	                                                            ^
//	Result: one JSON document per heap, the final group, stats -+
//
// Where spead2's answer is a defect, the vector isn't right, and the comparison knows by rule what
// is. The rules, which answers.go applies to whatever vector they fit:
//
//   - An item that needs no bytes because a dimension is zero is an empty array. spead2's sender
//     makes it an immediate, and spead2's receiver then fails on it; so does it on an immediate that
//     is shorter than one element of an array of variable length. That heap's `error` goes away, the
//     heap's items are all there, and the final group has their values.
//   - An addressed item of no bytes is an empty array or string if its shape allows for that. spead2
//     leaves it out, so that the old value stays. Such items aren't in `raw_items` (they aren't in
//     our form either), so the item pointers are read from the capture. Where the capture leaves
//     room for doubt (a heap cnt used twice, lost or repeated packets, another file format), the
//     empty item is allowed and not demanded. If the shape asks for elements, the item is left out
//     as spead2 does it: it is an item pointer that shares another's address.
//   - A bit-packed array loses the dimensions behind its first zero dimension in spead2. The right
//     shape has them all.
//   - A stream control item of more than 8 bytes is no control value; spead2 reads past its number.
//
// The values of the items that spead2 didn't get to because of the first rule are decoded here from
// the descriptors and the bytes in the vector, independently of the library, as far as the vector
// has the bytes.
//
// Compared exactly: which heaps, in which order, and each leaf of them. Numbers compare by value,
// -0.0 and 0.0 differ; `raw_items` compare as a multiset. Of a failure only counts that there was
// one. A bit-packed array of over 400 elements may come with its value or without, as the README can
// be read either way. `log`, and the type and message of errors, inform the reader.
package vectors
