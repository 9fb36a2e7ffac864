// SPDX-License-Identifier: Apache-2.0

//go:build linux

package udp

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlMessage appends a control message that holds a 32-bit number.
func controlMessage(b []byte, level, kind int32, value uint32) []byte {
	message := make([]uint64, (unix.CmsgSpace(4)+7)/8)
	header := (*unix.Cmsghdr)(unsafe.Pointer(&message[0]))
	header.Level, header.Type = level, kind
	header.SetLen(unix.CmsgLen(4))
	*(*uint32)(unsafe.Add(unsafe.Pointer(header), unix.CmsgLen(0))) = value
	return append(b, unsafe.Slice((*byte)(unsafe.Pointer(header)), unix.CmsgSpace(4))...)
}

// parseAligned parses a copy that is aligned the way the receiver's memory is.
func parseAligned(b []byte) remarks {
	var room ancillary
	return parseRemarks(room.bytes(copy(room.bytes(int(unsafe.Sizeof(room))), b)))
}

func TestControlMessagesAreRead(t *testing.T) {
	segment := controlMessage(nil, unix.IPPROTO_UDP, unix.UDP_GRO, 1472)
	drops := controlMessage(nil, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1<<32-1)
	other := controlMessage(nil, unix.SOL_SOCKET, unix.UDP_GRO, 9)
	both := remarks{segment: 1472, drops: 1<<32 - 1, hasDrops: true}
	for _, c := range []struct {
		name string
		b    []byte
		want remarks
	}{
		{"none", nil, remarks{}},
		{"segment size and drops", append(segment[:len(segment):len(segment)], drops...), both},
		{"drops and segment size", append(drops[:len(drops):len(drops)], segment...), both},
		{"an unknown one before", append(other, segment...), remarks{segment: 1472}},
		{"less than a header", drops[:unix.SizeofCmsghdr-1], remarks{}},
		{"less than it says", drops[:unix.SizeofCmsghdr+3], remarks{}},
	} {
		if got := parseAligned(c.b); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func FuzzControlMessages(f *testing.F) {
	segment := controlMessage(nil, unix.IPPROTO_UDP, unix.UDP_GRO, 1472)
	f.Add(segment)
	f.Add(controlMessage(segment, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 7))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r := parseAligned(b); r.segment < 0 || r.segment > groBufferSize {
			t.Errorf("a segment size of %d", r.segment)
		}
	})
}
