// SPDX-License-Identifier: Apache-2.0

package packetizer

import "github.com/gospead/spead/internal/wire"

// equalMessagesMax is up to how many messages of segmentation offload a heap has to make for equal
// packets to be worth it. A heap that isn't equal ends its last message early; in longer heaps that is
// one of many.
const equalMessagesMax = 4

// messageBytes is how many bytes one message of segmentation offload holds, over IPv4.
const messageBytes = 65507

// equalize makes the packets of a heap equal, if that takes no more of them and no padding: smaller
// ones, so that the last is as long as the others, and NULL pointers in the first for what the
// division leaves. Preconditions: all pointers fit into one packet, and none is for padding.
func (l *layout) equalize(repeat bool) {
	if l.length%8 != 0 {
		return
	}
	headers := int64(l.pointers) * wire.PointerSize // of all packets, beside the prefixes
	n := int64(1 + packetsFor(l.length-l.room(l.pointers), l.room(0)))
	if repeat {
		n = int64(packetsFor(l.length, l.room(l.pointers)))
		headers *= n
	}
	if n == 1 || n > int64(equalMessagesMax*messageBytes/l.packetSize) {
		return
	}
	total := n*wire.PrefixSize + headers + l.length
	e := *l
	e.packetSize = int((total + 8*n - 1) / (8 * n) * 8)
	nulls := int((n*int64(e.packetSize) - total) / wire.PointerSize)
	e.pointersMax = e.pointerRoom()
	e.pointers += nulls
	if e.pointers > e.pointersMax || repeat && nulls > 0 {
		return
	}
	e.nulls = nulls
	*l = e
}
