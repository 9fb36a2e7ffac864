// SPDX-License-Identifier: Apache-2.0

// Package inspect finds out what a stream is by looking at its datagrams: who sends what to whom, in
// which flavour and dialect, how large and how fast, with which items, and what of it is missing, and
// why. It opens nothing and asks no clock: whoever has datagrams gives them to an Inspector, together
// with what sockets and files say of themselves, and asks for a Report whenever there is need.
//
//	Add ──> inspector.go   whose is it? who isn't SPEAD?                    strangers.go
//	          stream.go    one sender's packets to one place: heap, order, repeats
//	            heaps.go      which heaps are in progress, and which were not long ago
//	            sequence.go   which cnts there should be
//	            items.go      what items are and how they change            series.go, text_value.go
//	            pace.go       how fast, and whether time goes on            sizes.go
//	Report <─ report.go    figures; cause.go: what was lost where; words.go, text.go: the same in words
//
// # What is lost where
//
// A heap of whose cnt nothing came is missing, one of which only a part came is incomplete. Together
// they tell how many packets should have come and didn't: those of missing heaps are as many as
// complete heaps have. What the kernel says that it dropped at the socket, and what the program that
// feeds the Inspector left out because it was too slow, is taken off that; the rest was lost before it
// arrived. Heaps that had begun before the first packet, or hadn't ended at the last one, aren't lost.
//
// # Limits
//
// What comes can't make an Inspector keep more than its Config allows: streams, items, heaps in
// progress and their payload are limited. What is beyond is counted, and the Report says so.
package inspect
