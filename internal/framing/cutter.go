// SPDX-License-Identifier: Apache-2.0

package framing

import (
	"bytes"
	"io"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

const (
	// bufferSize is how much is read at once. More brings nothing: what is read should still be in the
	// cache when it is copied to its heap.
	bufferSize = 1 << 20
	// PacketLimit is the largest packet that a Cutter can be made for, in bytes.
	PacketLimit = 16 << 20
)

// Cutter cuts packets out of bytes that come in pieces.
type Cutter struct {
	buffer     []byte
	start, end int // what of the buffer holds bytes that aren't dealt with
	packetMax  int
	// skip is what is still to come of something that is left out.
	skip int64
	// lost says that the bytes before start weren't a packet, so that more of that is the same junk.
	lost    bool
	skipped int64
}

// NewCutter returns a Cutter for packets of at most packetMax bytes. Preconditions: packetMax is from
// 1 to PacketLimit.
func NewCutter(packetMax int) *Cutter {
	return &Cutter{buffer: make([]byte, max(bufferSize, 2*packetMax)), packetMax: packetMax}
}

// ReadOnce makes one Read of r. Packets given before are no longer valid.
func (c *Cutter) ReadOnce(r io.Reader) (n int, err error) {
	n, err = r.Read(c.Room())
	c.Filled(n)
	return n, err
}

// Room is where the next bytes belong; it isn't empty. Packets given before are no longer valid.
func (c *Cutter) Room() []byte {
	switch {
	case c.start == c.end:
		c.start, c.end = 0, 0
	case c.end > len(c.buffer)/2:
		c.end = copy(c.buffer, c.buffer[c.start:c.end])
		c.start = 0
	}
	return c.buffer[c.end:]
}

// Filled says how many bytes were put into Room.
func (c *Cutter) Filled(n int) { c.end += n }

// Next gives the next packet, or the reason why bytes were left out: once for each packet that is too
// long, and once for consecutive junk. ok is false when that is all until more bytes come. The packet
// belongs to the Cutter and is valid until Room or ReadOnce.
func (c *Cutter) Next() (packet []byte, refusal spead.Refusal, ok bool) {
	for c.leaveOut() {
		rest := c.buffer[c.start:c.end]
		size, skip, refusal := probe(rest, c.packetMax)
		switch {
		case refusal != spead.Accepted:
			news := !c.lost
			c.lost = true
			c.skip = skip + int64(toNext(rest, int(min(skip, int64(len(rest))))))
			if news {
				return nil, refusal, true
			}
		case size > int64(c.packetMax):
			c.lost = false
			c.skip = size
			return nil, spead.RefusedTooLong, true
		case size == 0 || size > int64(len(rest)):
			return nil, spead.Accepted, false
		default:
			c.lost = false
			c.start += int(size)
			return rest[:size:size], spead.Accepted, true
		}
	}
	return nil, spead.Accepted, false
}

// toNext says how far behind b[from:]'s start the next packet may begin: where the magic number is, or
// may be when more bytes come.
func toNext(b []byte, from int) int {
	b = b[from:]
	if i := bytes.Index(b, []byte{magicVersion >> 8, magicVersion & 0xff}); i >= 0 {
		return i
	}
	if n := len(b); n > 0 && b[n-1] == magicVersion>>8 {
		return n - 1
	}
	return len(b)
}

// leaveOut skips what is to be skipped, and says whether that is done and bytes are left.
func (c *Cutter) leaveOut() bool {
	n := int(min(c.skip, int64(c.end-c.start)))
	c.start += n
	c.skip -= int64(n)
	c.skipped += int64(n)
	return c.start < c.end
}

// End gives the reason to refuse what is left when no more bytes come: a packet of which the end is
// missing. ok is false if nothing is left.
func (c *Cutter) End() (refusal spead.Refusal, ok bool) {
	rest := c.buffer[c.start:c.end]
	news := len(rest) > 0 && !c.lost
	c.start = c.end
	c.skipped += int64(len(rest))
	if !news {
		return spead.Accepted, false
	}
	var p wire.Packet
	_, refusal = p.Decode(rest)
	return refusal, true
}

// Skipped is how many bytes were left out so far: junk, packets that were too long, and the beginning
// of one at the end.
func (c *Cutter) Skipped() int64 { return c.skipped }
