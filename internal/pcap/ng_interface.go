// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"fmt"
	"math/bits"
	"time"
)

// ngDescription is what matters of an interface that frames were captured on.
type ngDescription struct {
	link uint16
	// snapLength is the most bytes captured of a frame, 0 for no limit.
	snapLength uint32
	// ticksPerSecond is the resolution of timestamps; timeOffset is added to them, in seconds.
	ticksPerSecond uint64
	timeOffset     int64
	// losses is what its statistics say.
	losses Losses
}

const (
	ngEndOfOptions   = 0
	ngTimeResolution = 9
	ngTimeOffset     = 14
	// ngMaxInterfaces keeps a file of nothing but interfaces from filling the memory.
	ngMaxInterfaces = 65536
)

// readInterface reads an interface description block.
func (n *ngReader) readInterface() error {
	const headerBytes = ngHeaderBytes + 8
	if n.size < headerBytes+ngTrailerBytes || n.size > MaxFrame {
		return n.fieldError("interface description block's length", n.size, fmt.Sprint("20 to ", MaxFrame))
	}
	if len(n.interfaces) == ngMaxInterfaces {
		return n.fieldError("number of interfaces", ngMaxInterfaces+1, fmt.Sprint("1 to ", ngMaxInterfaces))
	}
	b, err := n.peek(int(n.size) - ngTrailerBytes)
	if err != nil {
		return err
	}
	d := ngDescription{
		link:           n.uint16(b[8:]),
		snapLength:     n.uint32(b[12:]),
		ticksPerSecond: 1e6,
	}
	if err = n.readInterfaceOptions(&d, b[headerBytes:]); err != nil {
		return err
	}
	n.interfaces = append(n.interfaces, d)
	return nil
}

// readInterfaceOptions looks for those that say what timestamps mean.
func (n *ngReader) readInterfaceOptions(d *ngDescription, b []byte) error {
	return n.eachOption(b, func(code int, value []byte) error {
		switch code {
		case ngTimeResolution:
			return n.readTimeResolution(d, value)
		case ngTimeOffset:
			if len(value) != 8 {
				return n.fieldError("if_tsoffset's length", len(value), "8")
			}
			d.timeOffset = int64(n.uint64(value))
		}
		return nil
	})
}

// eachOption goes through a block's options. b is a multiple of 4 bytes.
func (n *ngReader) eachOption(b []byte, found func(code int, value []byte) error) error {
	for len(b) >= 4 {
		code, size := int(n.uint16(b)), int(n.uint16(b[2:]))
		b = b[4:]
		if code == ngEndOfOptions {
			return nil
		}
		if size > len(b) {
			return n.fieldError("interface option's length", size, fmt.Sprint("0 to ", len(b)))
		}
		if err := found(code, b[:size]); err != nil {
			return err
		}
		b = b[(size+3)&^3:]
	}
	return nil
}

// readTimeResolution reads how long a tick is: 10 or 2 to a negative power, in seconds.
func (n *ngReader) readTimeResolution(d *ngDescription, value []byte) error {
	if len(value) != 1 {
		return n.fieldError("if_tsresol's length", len(value), "1")
	}
	const binaryBit, maxBinary, maxDecimal = 0x80, 63, 19
	power := value[0] &^ binaryBit
	if value[0]&binaryBit != 0 {
		if power > maxBinary {
			return n.fieldError("if_tsresol", fmt.Sprint("2^-", power), "2^0 to 2^-63 s")
		}
		d.ticksPerSecond = 1 << power
		return nil
	}
	if power > maxDecimal {
		return n.fieldError("if_tsresol", fmt.Sprint("10^-", power), "10^0 to 10^-19 s")
	}
	d.ticksPerSecond = 1
	for range power {
		d.ticksPerSecond *= 10
	}
	return nil
}

// time converts a timestamp.
func (d *ngDescription) time(ticks uint64) time.Time {
	seconds, rest := ticks/d.ticksPerSecond, ticks%d.ticksPerSecond
	high, low := bits.Mul64(rest, 1e9)
	// The quotient is below 1e9, as rest is below ticksPerSecond.
	nanoseconds, _ := bits.Div64(high, low, d.ticksPerSecond)
	return time.Unix(int64(seconds)+d.timeOffset, int64(nanoseconds)).UTC()
}
