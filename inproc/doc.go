// SPDX-License-Identifier: Apache-2.0

// Package inproc carries packets within a process: send.NewInproc writes them into a Queue,
// recv.Stream.AddInproc reads them from it. It connects two parts of a program without a socket, and
// it is a fake network for tests: packets can be added, kept back or reordered by hand.
//
// A queue keeps packets whole and in order, and loses none. It is bounded by packets and by bytes,
// unless it is asked not to be: a full queue makes the writer wait. Several senders may write to one queue; a queue should have one reader, since a heap's
// packets have to meet in one stream.
package inproc
