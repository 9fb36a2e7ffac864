// SPDX-License-Identifier: Apache-2.0

package udp

import "net/netip"

// Origin says where consecutive datagrams of a batch came from.
type Origin struct {
	// Addr is the sender's address.
	Addr netip.AddrPort
	// Datagrams is how many of the batch they are.
	Datagrams int
	// Bytes is their length, with that of datagrams that were dropped for it.
	Bytes int64
}

// originList collects the origins of a batch.
type originList struct {
	list []Origin
	last sockaddr // of the last entry
}

func (o *originList) reset() { o.list = o.list[:0] }

// add counts datagrams from an address.
func (o *originList) add(addr netip.AddrPort, datagrams int, bytes int64) {
	if n := len(o.list); n > 0 && o.list[n-1].Addr == addr {
		o.list[n-1].Datagrams += datagrams
		o.list[n-1].Bytes += bytes
		return
	}
	o.list = append(o.list, Origin{addr, datagrams, bytes})
}
