// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"net/netip"
	"time"
)

// Traffic is what came from a sender, or through a source.
type Traffic struct {
	// Addr is the sender's address, or the source's: the group or the local address that it listens on.
	// Invalid for sources without one, and for all senders that there was no room to tell apart.
	Addr netip.AddrPort `json:"addr"`
	// Packets counts datagrams, and Bytes their length in total.
	Packets int64 `json:"packets"`
	Bytes   int64 `json:"bytes"`
	// Refused counts those of Packets that were refused.
	Refused int64 `json:"refused"`
	// KernelDrops counts packets that the kernel dropped at a source, and is 0 for senders.
	KernelDrops int64 `json:"kernel_drops"`
	// First and Last are when the first and the last batch with such datagrams were read.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

func (t *Traffic) note(packets int, bytes int64, now time.Time) {
	if t.Packets == 0 {
		t.First = now
	}
	t.Packets += int64(packets)
	t.Bytes += bytes
	t.Last = now
}

// sender is a sender's traffic, or that of all for whom there was no room.
type sender struct {
	Traffic
	number int // in senders.list, or -1
}

// senders holds the traffic of each sender, of which there is a limited number, in the order in which
// they appeared.
type senders struct {
	max   int
	byKey map[netip.AddrPort]*sender
	list  []*sender
	other sender
}

func newSenders(most int) senders { return senders{max: max(most, 0), other: sender{number: -1}} }

// find gives the entry of a sender, or that of all others.
func (s *senders) find(addr netip.AddrPort) *sender {
	if t, ok := s.byKey[addr]; ok {
		return t
	}
	if len(s.list) >= s.max || !addr.IsValid() {
		return &s.other
	}
	if s.byKey == nil {
		s.byKey = make(map[netip.AddrPort]*sender)
	}
	t := &sender{Traffic{Addr: addr}, len(s.list)}
	s.byKey[addr] = t
	s.list = append(s.list, t)
	return t
}

// appendTo appends the traffic of all senders to dst, in the order in which they appeared.
func (s *senders) appendTo(dst []Traffic) []Traffic {
	for _, t := range s.list {
		dst = append(dst, t.Traffic)
	}
	if s.other.Packets > 0 {
		dst = append(dst, s.other.Traffic)
	}
	return dst
}

// noteTraffic counts a batch's datagrams by sender and source.
func (s *Stream) noteTraffic(in *intake, now time.Time) {
	in.senders = in.senders[:0]
	var bytes int64
	for _, o := range in.batch.Origins {
		t := s.senders.find(o.Addr)
		t.note(o.Datagrams, o.Bytes, now)
		in.senders = append(in.senders, t)
		bytes += o.Bytes
	}
	if len(in.batch.Origins) == 0 {
		for _, d := range in.batch.Datagrams {
			bytes += int64(len(d))
		}
	}
	if len(in.batch.Datagrams) > 0 {
		in.traffic.note(len(in.batch.Datagrams), bytes, now)
	}
	in.traffic.KernelDrops += in.batch.KernelDrops
}

// blame counts the datagram that was taken last as refused, by its sender and source.
func (s *Stream) blame(in *intake) {
	in.traffic.Refused++
	before := in.next - 1
	for i, o := range in.batch.Origins {
		if before < o.Datagrams {
			in.senders[i].Refused++
			return
		}
		before -= o.Datagrams
	}
}

// chunkSources says which sender the packet comes from that is being taken.
type chunkSources struct {
	senders *senders
	current int // the sender's number, or -1
	listed  []netip.AddrPort
}

// note marks the current sender as seen.
func (s *chunkSources) note(seen *[]bool) {
	if s.current < 0 {
		return
	}
	for len(*seen) <= s.current {
		*seen = append(*seen, false)
	}
	(*seen)[s.current] = true
}

// list gives the addresses of the senders seen. It is valid until the next call.
func (s *chunkSources) list(seen []bool) []netip.AddrPort {
	s.listed = s.listed[:0]
	for n, is := range seen {
		if is {
			s.listed = append(s.listed, s.senders.list[n].Addr)
		}
	}
	return s.listed
}

// originCursor goes through a batch's origins as its datagrams are taken.
type originCursor struct {
	origins []Origin
	senders []*sender // of each origin
	at      int       // 1 + the index of the current origin
	left    int       // its datagrams that weren't taken
	moved   bool
}

// next moves on to the next datagram.
func (c *originCursor) next(s *chunkSources) {
	c.moved = false
	for c.left == 0 {
		if c.at == len(c.origins) {
			s.current = -1
			return
		}
		c.left = c.origins[c.at].Datagrams
		c.at++
	}
	c.left--
	c.moved = true
	s.current = c.senders[c.at-1].number
}

// back undoes the last next.
func (c *originCursor) back() {
	if c.moved {
		c.left++
	}
}
