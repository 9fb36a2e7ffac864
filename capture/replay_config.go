// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"math"
	"net/netip"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp"
)

const (
	// rewriteItemsMax bounds the work for each packet.
	rewriteItemsMax = 64
	// endpointsMax bounds how many destinations there are.
	endpointsMax = 4096
)

// ReplayConfig configures NewReplayer.
type ReplayConfig struct {
	// Path is the capture: pcap or pcapng, also compressed by gzip. It may be a pipe if Loops is 0 or 1.
	// There is no default.
	Path string
	// Filter says what to take from it, as Options.Filter does. Default (empty): every datagram.
	Filter string

	// Endpoint is where datagrams go that Map doesn't name. Default (zero): they are left out and counted.
	Endpoint netip.AddrPort
	// Map is where datagrams go by the address that they were captured on the way to. Default (nil):
	// all go to Endpoint.
	Map map[netip.AddrPort]netip.AddrPort
	// Source is the local address to send from. Default (zero): the kernel chooses.
	Source netip.Addr
	// Interface is where multicast leaves: a name, an address or an index. Default (empty): the kernel
	// chooses.
	Interface string
	// TTL is how many hops multicast may go, 1 to 255. Default (0) 1.
	TTL int
	// BufferSize is the size of the socket's send buffer in bytes. Default (0) 512 KiB.
	BufferSize int
	// NoGSO hands each datagram to the kernel by itself. Default false: those that are due at the same
	// time go together, and the network gets the same packets.
	NoGSO bool

	// Speed is how much faster than captured to send. Default (0) 1.
	Speed float64
	// Rate is how fast to send instead, in bytes of UDP payload per second. Default (0): as captured.
	Rate float64
	// Fast sends as fast as possible. Default false.
	Fast bool
	// Loops is how often to send the capture; negative: until the context ends. Each loop follows the last
	// at the mean distance of datagrams. Default (0) 1.
	Loops int
	// Rewrite names items whose immediate values grow from loop to loop, so that data keeps moving
	// forward. Default (none): datagrams leave as they were captured.
	Rewrite []RewriteItem
}

// RewriteItem is an item whose immediate values grow from loop to loop.
type RewriteItem struct {
	// ID is the item's, such as that of a timestamp; spead.HeapCntID is possible.
	ID spead.ItemID
	// Span is how much is added in each loop. Default (0): what a loop spans, from its least value to what
	// would follow the largest.
	Span uint64
}

// withDefaults checks c and returns it with the defaults filled in.
func (c ReplayConfig) withDefaults() (ReplayConfig, error) {
	wrong := func(field string, value any, allowed string) error {
		return &spead.FieldError{Field: "capture.ReplayConfig." + field, Value: value, Allowed: allowed}
	}
	given := 0
	for _, is := range []bool{c.Speed != 0, c.Rate != 0, c.Fast} {
		if is {
			given++
		}
	}
	if c.Loops == 0 {
		c.Loops = 1
	}
	switch {
	case c.Path == "":
		return c, wrong("Path", c.Path, "a capture file")
	case given > 1:
		return c, wrong("Rate", c.Rate, "at most one of Speed, Rate and Fast")
	case !(c.Speed >= 0 && c.Speed < math.Inf(1)):
		return c, wrong("Speed", c.Speed, "a number above 0, or 0 for 1")
	case !(c.Rate >= 0 && c.Rate < math.Inf(1)):
		return c, wrong("Rate", c.Rate, "bytes per second above 0, or 0 for the capture's times")
	case !c.Endpoint.IsValid() && len(c.Map) == 0:
		return c, wrong("Endpoint", c.Endpoint, "an IP address with a port, unless there is a Map")
	case len(c.Map) >= endpointsMax:
		return c, wrong("Map", len(c.Map), fmt.Sprintf("fewer than %d entries", endpointsMax))
	case len(c.Rewrite) > rewriteItemsMax:
		return c, wrong("Rewrite", len(c.Rewrite), fmt.Sprintf("at most %d items", rewriteItemsMax))
	}
	for _, item := range c.Rewrite {
		if item.ID != spead.HeapCntID && item.ID <= spead.StreamCtrlID {
			return c, wrong("Rewrite", fmt.Sprintf("%#x", uint64(item.ID)), "1, the heap cnt, or items from 7 on")
		}
	}
	if c.Speed == 0 {
		c.Speed = 1
	}
	return c, nil
}

// destinations gives the endpoints to send to, and which of them belongs to a captured address.
func (c *ReplayConfig) destinations() (endpoints []netip.AddrPort, numbers map[netip.AddrPort]int) {
	numbers = map[netip.AddrPort]int{}
	known := map[netip.AddrPort]int{}
	number := func(e netip.AddrPort) int {
		n, ok := known[e]
		if !ok {
			n = len(endpoints)
			known[e] = n
			endpoints = append(endpoints, e)
		}
		return n
	}
	if c.Endpoint.IsValid() {
		number(c.Endpoint) // number 0
	}
	for captured, endpoint := range c.Map {
		numbers[captured] = number(endpoint)
	}
	return endpoints, numbers
}

// openSender opens the socket.
func (c *ReplayConfig) openSender(endpoints []netip.AddrPort) (*udp.Sender, error) {
	cfg := udp.SenderConfig{Endpoints: endpoints, Source: c.Source, Interface: c.Interface, TTL: c.TTL, BufferSize: c.BufferSize}
	if c.NoGSO {
		cfg.GSO = udp.OffloadOff
	}
	s, err := udp.NewSender(cfg)
	var field *spead.FieldError
	if errors.As(err, &field) {
		if field.Field == "Endpoints" {
			field = &spead.FieldError{Field: "Endpoint", Value: field.Value, Allowed: field.Allowed}
		}
		return nil, field.Within("capture.ReplayConfig")
	}
	return s, err
}
