// SPDX-License-Identifier: Apache-2.0

// Package dissector holds a dissector for Wireshark and tshark, as its Lua source.
//
// The source, spead.lua, is the whole dissector: a file that people can read, change and load without
// this project. What it calls things is what this project calls them, refusals among them, and the
// tests hold it to the vectors: every packet's pointers to what internal/wire decodes, the heaps that
// it puts together to what spead2 received.
//
// It isn't a receiver. It takes the packets of a heap in any order and never gives a heap up, because
// a capture is looked at to see what went wrong.
package dissector
