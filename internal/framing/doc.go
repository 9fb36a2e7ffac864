// SPDX-License-Identifier: Apache-2.0

// Package framing cuts a stream of bytes, as TCP and files give it, into packets. It is pure: whoever
// owns a Cutter reads into the room that it offers and takes the packets that are complete.
//
//	bytes    junk junk [packet][packet][pack          a Cutter's buffer
//	                   ▲       ▲       ▲    ▲
//	                   Next    Next    kept Room
//
// A packet tells its own size: header, item pointers, and the first PAYLOAD_LENGTH among them. Where no
// packet begins, a Cutter looks for the next place where one may; where a packet is longer than
// allowed, it skips it. How the bytes were divided on their way makes no difference.
//
// As in spead2, but for three things: junk need not be a multiple of 8 bytes long,
// since every place is tried; a header without PAYLOAD_LENGTH is skipped with its item pointers, so
// that hostile bytes are looked at once each; and item pointers that alone are longer than a packet may
// be are junk, so that a Cutter never waits for more than the largest packet.
package framing
