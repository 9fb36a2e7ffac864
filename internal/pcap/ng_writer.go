// SPDX-License-Identifier: Apache-2.0

package pcap

import (
	"encoding/binary"
	"time"
)

// Options of blocks, as they are written.
const (
	ngComment     = 1
	ngApplication = 4 // shb_userappl

	ngInterfaceName        = 2
	ngInterfaceDescription = 3

	ngStatisticsStart = 2
	ngStatisticsEnd   = 3
	ngReceived        = 4 // isb_ifrecv
	ngInterfaceDrops  = 5 // isb_ifdrop
	ngFilterAccepted  = 6 // isb_filteraccept
	ngSystemDrops     = 7 // isb_osdrop
	ngDelivered       = 8 // isb_usrdeliv
)

const (
	// ngPacketBytes is an enhanced packet block's size without the frame and its padding.
	ngPacketBytes = 32
	// ngTextMax keeps texts within an option.
	ngTextMax = 1024
	// nanosecondResolution is if_tsresol of nanoseconds.
	nanosecondResolution = 9
)

// Interface describes what frames are captured on.
type Interface struct {
	// Name and Description are for people; of each, at most the first KiB is written.
	Name, Description string
}

// Statistics says what became of the frames of an interface.
type Statistics struct {
	// Start and End are when the capture began, and the time of these statistics.
	Start, End time.Time
	// Received counts frames that reached the system; InterfaceDrops those that the device had no
	// room for.
	Received, InterfaceDrops uint64
	// SystemDrops counts what of Received the system had no room for, Accepted what passed the filter,
	// and Delivered what was written.
	SystemDrops, Accepted, Delivered uint64
	// Comment is for people. Default (empty): none.
	Comment string
}

// AppendSection appends what a pcapng file begins with.
func AppendSection(b []byte, application string) []byte {
	start := len(b)
	b = beginBlock(b, ngSection)
	b = binary.LittleEndian.AppendUint32(b, ngByteOrderMagic)
	b = append(b, 1, 0, 0, 0)                            // version 1.0
	b = append(b, "\xff\xff\xff\xff\xff\xff\xff\xff"...) // the section's length isn't told
	b = appendText(b, ngApplication, application)
	return endBlock(endOptions(b), start)
}

// AppendInterface appends the description of an interface, of Ethernet frames with times in
// nanoseconds. Interfaces are numbered from 0 in the order in which they are described.
func AppendInterface(b []byte, i Interface) []byte {
	start := len(b)
	b = beginBlock(b, ngInterface)
	b = append(b, linkEthernet, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, MaxFrame)
	b = appendText(b, ngInterfaceName, i.Name)
	b = appendText(b, ngInterfaceDescription, i.Description)
	b = append(b, ngTimeResolution, 0, 1, 0, nanosecondResolution, 0, 0, 0)
	return endBlock(endOptions(b), start)
}

// AppendFrame appends an Ethernet frame that was captured whole, at so many nanoseconds since 1970.
// Preconditions: it has at most MaxFrame bytes.
func AppendFrame(b []byte, inlet int, nanos int64, frame []byte) []byte {
	start := len(b)
	b = beginPacket(b, inlet, nanos)
	b = append(b, frame...)
	return endPacket(b, start)
}

// FrameBytes is how much AppendFrame appends for a frame of that size.
func FrameBytes(frame int) int { return ngPacketBytes + (frame+3)&^3 }

// beginPacket appends an enhanced packet block as far as to the frame.
func beginPacket(b []byte, inlet int, nanos int64) []byte {
	b = beginBlock(b, ngEnhancedPacket)
	b = binary.LittleEndian.AppendUint32(b, uint32(inlet))
	b = binary.LittleEndian.AppendUint32(b, uint32(nanos>>32))
	b = binary.LittleEndian.AppendUint32(b, uint32(nanos))
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0) // the lengths
}

// endPacket completes the enhanced packet block that begins at start, whose frame ends b.
func endPacket(b []byte, start int) []byte {
	size := len(b) - start - (ngPacketBytes - ngTrailerBytes)
	binary.LittleEndian.PutUint32(b[start+20:], uint32(size))
	binary.LittleEndian.PutUint32(b[start+24:], uint32(size))
	return endBlock(pad(b, size), start)
}

// AppendStatistics appends an interface's statistics.
func AppendStatistics(b []byte, inlet int, s Statistics) []byte {
	start := len(b)
	b = beginBlock(b, ngStatistics)
	b = binary.LittleEndian.AppendUint32(b, uint32(inlet))
	b = appendTime(b, s.End)
	b = appendText(b, ngComment, s.Comment)
	b = append(b, ngStatisticsStart, 0, 8, 0)
	b = appendTime(b, s.Start)
	b = append(b, ngStatisticsEnd, 0, 8, 0)
	b = appendTime(b, s.End)
	for _, count := range []struct {
		option byte
		value  uint64
	}{
		{ngReceived, s.Received}, {ngInterfaceDrops, s.InterfaceDrops}, {ngFilterAccepted, s.Accepted},
		{ngSystemDrops, s.SystemDrops}, {ngDelivered, s.Delivered},
	} {
		b = append(b, count.option, 0, 8, 0)
		b = binary.LittleEndian.AppendUint64(b, count.value)
	}
	return endBlock(endOptions(b), start)
}

func beginBlock(b []byte, kind uint32) []byte {
	b = binary.LittleEndian.AppendUint32(b, kind)
	return append(b, 0, 0, 0, 0) // the length
}

// endBlock completes the block that begins at start. Preconditions: it is padded.
func endBlock(b []byte, start int) []byte {
	size := uint32(len(b) - start + ngTrailerBytes)
	binary.LittleEndian.PutUint32(b[start+4:], size)
	return binary.LittleEndian.AppendUint32(b, size)
}

func endOptions(b []byte) []byte { return append(b, ngEndOfOptions, 0, 0, 0) }

// appendText appends an option, unless the text is empty.
func appendText(b []byte, option byte, text string) []byte {
	if text == "" {
		return b
	}
	text = text[:min(len(text), ngTextMax)]
	b = append(b, option, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return pad(append(b, text...), len(text))
}

// appendTime appends a timestamp of an interface, high half first.
func appendTime(b []byte, t time.Time) []byte {
	nanos := uint64(t.UnixNano())
	b = binary.LittleEndian.AppendUint32(b, uint32(nanos>>32))
	return binary.LittleEndian.AppendUint32(b, uint32(nanos))
}

// pad makes size a multiple of 4.
func pad(b []byte, size int) []byte {
	return append(b, "\x00\x00\x00"[:-size&3]...)
}
