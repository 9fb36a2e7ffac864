// SPDX-License-Identifier: Apache-2.0

package recv

import "net/netip"

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
