// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gospead/spead/internal/wire"
)

const (
	// segmentsMax is UDP_MAX_SEGMENTS of every kernel with segmentation offload; newer ones allow more.
	segmentsMax = 64
	// piecesMax is UIO_MAXIOV, the kernel's limit to a message's pieces.
	piecesMax = 1024
)

// segmentControl is the control message that has a message split into datagrams. Its Go layout is
// the C one: the header's size is a multiple of its alignment.
type segmentControl struct {
	header unix.Cmsghdr
	size   uint16
}

// set makes it split into datagrams of size bytes.
func (c *segmentControl) set(size int) {
	c.header.Level = unix.IPPROTO_UDP
	c.header.Type = unix.UDP_SEGMENT
	c.header.SetLen(unix.CmsgLen(2))
	c.size = uint16(size)
}

// probeGSO asks whether the kernel knows segmentation offload at all (since Linux 4.18). One that
// doesn't would ignore the control message and send one long datagram.
func probeGSO(conn *net.UDPConn) error {
	return control(conn, func(fd int) error {
		_, err := unix.GetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_SEGMENT)
		return err
	})
}

// runLength says how many of the datagrams that d starts with can leave as one message of at most
// bytesMax bytes, a limit which the kernel applies before it splits the message: as many as go to one
// place and have the size of the first; one that is shorter ends the message. Preconditions: d isn't
// empty.
func runLength(d []wire.Datagram, bytesMax int) int {
	size, substream := d[0].Size, d[0].Substream
	bytes, pieces := size, 1+len(d[0].Payload)
	n := 1
	for limit := min(len(d), segmentsMax); n < limit; n++ {
		next := &d[n]
		bytes += next.Size
		pieces += 1 + len(next.Payload)
		if next.Size > size || next.Size == 0 || next.Substream != substream || bytes > bytesMax || pieces > piecesMax {
			return n
		}
		if next.Size < size {
			return n + 1
		}
	}
	return n
}

// reaction is what follows a failed system call.
type reaction uint8

const (
	// report: the first datagram of the first message has failed.
	report reaction = iota
	// repeat: the same messages are to be sent again.
	repeat
	// wait: the same, but not at once.
	wait
	// split: the same datagrams are to be sent again, each as a message of its own.
	split
)

// shortagePause is how long the first of several waits for the kernel's memory takes, doubled; each
// further one takes twice as long.
const shortagePause = 50 * time.Microsecond

// gsoMachine decides when segmentation offload is used towards a destination and what follows a
// failure. It is told of each message that left and each that failed. The package comment draws its
// states.
type gsoMachine struct {
	state GSOState
	tries int           // how often the present message was tried again
	cause syscall.Errno // of the failure that led to probing, and then to giving up
}

// merges says whether a message may hold several datagrams.
func (m *gsoMachine) merges() bool { return m.state <= GSOActive }

// left records that a message of so many datagrams left, and says whether that changes the state.
func (m *gsoMachine) left(datagrams int) (changed bool) {
	m.tries = 0
	switch {
	case m.state == GSOProbing:
		m.state = GSODisabled
	case m.state == GSOInactive && datagrams > 1:
		m.state = GSOActive
	default:
		return false
	}
	return true
}

// failed records that a message of so many datagrams failed.
func (m *gsoMachine) failed(errno syscall.Errno, datagrams int) reaction {
	if m.tries < triesMax(errno) {
		m.tries++
		if isShortage(errno) {
			return wait
		}
		return repeat
	}
	m.tries = 0
	switch {
	case datagrams > 1 && blamesGSO(errno):
		m.state = GSOProbing
		m.cause = errno
		return split
	case m.state == GSOProbing:
		m.state = GSOInactive
	}
	return report
}

// triesMax says how often a message is tried again after an error that may have nothing to do with
// it. The first send of a socket may give EPERM (golang/go#63322), although a firewall's EPERM lasts.
// A refusal tells of an earlier datagram, perhaps to somebody else; each is told once. The kernel's
// shortage of memory or of room in a device's queue passes: all waits together take a tenth of a
// second.
func triesMax(errno syscall.Errno) int {
	switch {
	case errno == unix.EPERM:
		return 1
	case errno == unix.ECONNREFUSED:
		return 16
	case isShortage(errno):
		return 10
	default:
		return 0
	}
}

func isShortage(errno syscall.Errno) bool { return errno == unix.ENOBUFS || errno == unix.ENOMEM }

// blamesGSO says whether an error may come from segmentation offload: EIO if the device can't
// compute checksums; EINVAL or, in newer kernels, EMSGSIZE if a segment exceeds the MTU, which a
// datagram by itself may, as it is fragmented.
func blamesGSO(errno syscall.Errno) bool {
	return errno == unix.EIO || errno == unix.EINVAL || errno == unix.EMSGSIZE
}
