// SPDX-License-Identifier: Apache-2.0

package pcap

import "math"

// Losses is what a capture's statistics say is missing in it, as far as the file was read. Only pcapng
// has statistics, usually at its end.
type Losses struct {
	// System counts packets that the system had no room for; what is missing of joined packets may count
	// as one. Programs that don't tell what the device lost apart, such as Wireshark's dumpcap, count
	// everything here.
	System int64
	// Device counts packets that the network device had no room for: anybody's.
	Device int64
	// Writer counts packets that passed the filter and weren't written.
	Writer int64
}

// Total is the number of all kinds.
func (l Losses) Total() int64 { return addUp(addUp(l.System, l.Device), l.Writer) }

func (l Losses) plus(o Losses) Losses {
	return Losses{addUp(l.System, o.System), addUp(l.Device, o.Device), addUp(l.Writer, o.Writer)}
}

// addUp adds what a file may claim to be anything. Preconditions: neither is below 0.
func addUp(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// ngCounts are the counts of an interface statistics block; told says which it has, by option.
type ngCounts struct {
	values [ngDelivered + 1]int64
	told   [ngDelivered + 1]bool
}

// readStatistics reads an interface statistics block. Of several about an interface, the last counts:
// they are about all the time of their section. One that isn't understood is skipped, as no datagram
// depends on it.
func (n *ngReader) readStatistics() error {
	const headerBytes = ngHeaderBytes + 12
	if n.size < headerBytes+ngTrailerBytes || n.size > MaxFrame {
		return nil
	}
	b, err := n.peek(int(n.size) - ngTrailerBytes)
	if err != nil {
		return err
	}
	index := n.uint32(b[8:])
	if uint64(index) >= uint64(len(n.interfaces)) {
		return nil
	}
	var c ngCounts
	if n.eachOption(b[headerBytes:], c.read(n)) == nil {
		n.interfaces[index].losses = c.losses()
	}
	return nil
}

// read takes what options tell.
func (c *ngCounts) read(n *ngReader) func(code int, value []byte) error {
	return func(code int, value []byte) error {
		if code >= ngReceived && code <= ngDelivered && len(value) == 8 {
			c.values[code], c.told[code] = int64(min(n.uint64(value), math.MaxInt64)), true
		}
		return nil
	}
}

func (c *ngCounts) losses() Losses {
	l := Losses{System: c.values[ngSystemDrops], Device: c.values[ngInterfaceDrops]}
	if !c.told[ngSystemDrops] {
		l.System, l.Device = l.Device, 0
	}
	if c.told[ngFilterAccepted] && c.told[ngDelivered] && c.told[ngSystemDrops] {
		l.Writer = max(0, max(0, c.values[ngFilterAccepted]-c.values[ngDelivered])-l.System)
	}
	return l
}

// losses adds up what all sections have told.
func (n *ngReader) losses() Losses {
	sum := n.lostBefore
	for i := range n.interfaces {
		sum = sum.plus(n.interfaces[i].losses)
	}
	return sum
}
