// SPDX-License-Identifier: Apache-2.0

package recv

import "net/netip"

// sourcesMax bounds how many senders' addresses a stream remembers, whoever makes them up.
const sourcesMax = 1024

// chunkSources says which sender the packet comes from that is being taken. Senders have numbers, in
// the order in which the stream has seen them first.
type chunkSources struct {
	numbers map[netip.AddrPort]int
	addrs   []netip.AddrPort
	current int // the sender's number, or -1
	listed  []netip.AddrPort
}

// number gives a sender's number, or -1 if there are too many.
func (s *chunkSources) number(addr netip.AddrPort) int {
	n, known := s.numbers[addr]
	switch {
	case known:
		return n
	case len(s.addrs) == sourcesMax || !addr.IsValid():
		return -1
	case s.numbers == nil:
		s.numbers = make(map[netip.AddrPort]int)
	}
	n = len(s.addrs)
	s.addrs = append(s.addrs, addr)
	s.numbers[addr] = n
	return n
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
			s.listed = append(s.listed, s.addrs[n])
		}
	}
	return s.listed
}

// originCursor goes through a batch's origins as its datagrams are taken.
type originCursor struct {
	origins []Origin
	at      int // 1 + the index of the current origin
	left    int // its datagrams that weren't taken
	number  int // its sender's number
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
		c.number = s.number(c.origins[c.at].Addr)
		c.left = c.origins[c.at].Datagrams
		c.at++
	}
	c.left--
	c.moved = true
	s.current = c.number
}

// back undoes the last next.
func (c *originCursor) back() {
	if c.moved {
		c.left++
	}
}
