// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"syscall"
)

const (
	// DatagramMax4 is what is left of the 65535 bytes of an IPv4 packet after the IPv4 and UDP headers.
	DatagramMax4 = 65535 - 20 - 8
	// DatagramMax6 is what is left of the 65535 bytes of an IPv6 packet's payload after the UDP header.
	DatagramMax6 = 65535 - 8
	// GuessMax is assumed where the path MTU can't be found out: it passes every Ethernet, IPv6 headers
	// included.
	GuessMax = 1500 - 40 - 8
)

// TooBigError says that a datagram is larger than UDP or the path to its destination takes.
// errors.Is finds syscall.EMSGSIZE in it.
type TooBigError struct {
	// Endpoint is where it was to go.
	Endpoint netip.AddrPort
	// Size is the datagram's size in bytes.
	Size int
	// Limit is the size in bytes that would have worked; 0 if that isn't known.
	Limit int

	cause error
}

// Error names the sizes.
func (e *TooBigError) Error() string {
	if e.Limit == 0 {
		return fmt.Sprintf("%v (%d bytes)", e.cause, e.Size)
	}
	return fmt.Sprintf("%v (%d bytes, at most %d reach it)", e.cause, e.Size, e.Limit)
}

// Unwrap gives the system's error, with where it was met.
func (e *TooBigError) Unwrap() error { return e.cause }

// Is makes it syscall.EMSGSIZE, whatever the system calls that.
func (e *TooBigError) Is(target error) bool { return target == syscall.EMSGSIZE }

// Sizes keeps how large datagrams may be on each of the ways to the destinations.
type Sizes struct {
	ways []Way
	// limits are bytes, one for each way. The sending goroutine alone uses them.
	limits []int
	least  atomic.Int64 // of limits
	// failure is why the first size that couldn't be found out couldn't.
	failure error
}

// NewSizes returns the sizes for some ways, none of which is known.
func NewSizes(ways []Way) *Sizes { return &Sizes{ways: ways} }

// Least is the size in bytes of the largest datagram that reaches all destinations in one piece, as
// far as is known; 0 without Discover. Any goroutine may call it.
func (p *Sizes) Least() int { return int(p.least.Load()) }

// Failure says why Discover couldn't find out all sizes; nil if it could.
func (p *Sizes) Failure() error { return p.failure }

// Discover finds out all limits, which are kept from then on.
func (p *Sizes) Discover() {
	p.limits = make([]int, len(p.ways))
	for i := range p.ways {
		limit, err := p.find(i)
		if err != nil && p.failure == nil {
			p.failure = err
		}
		if err != nil {
			limit = GuessMax
		}
		p.set(i, limit)
	}
}

// find asks how large datagrams on one way may be.
func (p *Sizes) find(i int) (limit int, err error) {
	limit, err = DatagramMax(p.ways[i])
	return min(limit, p.most(i)), err
}

// most is what UDP can carry on one way, in fragments if need be.
func (p *Sizes) most(i int) int {
	if p.ways[i].To.Addr().Is4() {
		return DatagramMax4
	}
	return DatagramMax6
}

// set takes note of a limit, if limits are kept.
func (p *Sizes) set(i, limit int) {
	if p.limits == nil {
		return
	}
	p.limits[i] = limit
	least := limit
	for _, other := range p.limits {
		if other > 0 {
			least = min(least, other)
		}
	}
	p.least.Store(int64(least))
}

// Explain says how large a datagram that was too big might have been, and takes note of it.
func (p *Sizes) Explain(substream, size int, cause error) error {
	e := &TooBigError{Endpoint: p.ways[substream].To, Size: size, cause: cause}
	if p.limits == nil && size > p.most(substream) {
		e.Limit = p.most(substream)
		return e
	}
	// The size is below UDP's limit: fragments are forbidden.
	limit, err := p.find(substream)
	if err != nil {
		return e
	}
	p.set(substream, limit)
	if limit < size { // otherwise the way has changed in between
		e.Limit = limit
	}
	return e
}
