// SPDX-License-Identifier: Apache-2.0

// Package screen shows a monitor's snapshots as text: live on a terminal, or as lines for a pipe.
//
//	model.go      keys and snapshots in, a frame out: what bubbletea runs
//	frame.go      a frame: the verdict, the streams, the way of the data, a page, the keys
//	pages.go      the pages: loss, traffic, timing, substreams
//	plot.go       plots of block characters
//	style.go      text with styles, cut and filled to a width
//	units.go      numbers as people read them
//	lines.go      a line for each stream, and what there was in all
//
// A frame depends on nothing but the snapshot, what the user chose, and the size.
package screen
