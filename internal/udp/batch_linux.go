// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receivedMessagesMax is how many messages one recvmmsg takes, as in spead2.
const receivedMessagesMax = 64

// pollable says whether receivers can be read without waiting.
const pollable = true

// batchReceiver reads many messages with each system call.
type batchReceiver struct {
	handle *handle
	// What is called with the descriptor, bound once, as binding it each time would allocate.
	call, meter func(fd uintptr)
	counters    *ReceiverCounters
	packetMax   int
	offload     bool
	drops       dropMeter
	origins     originList

	messages    [receivedMessagesMax]unix.Mmsghdr
	names       [receivedMessagesMax]sockaddr
	pieces      [receivedMessagesMax]unix.Iovec
	ancillaries [receivedMessagesMax]ancillary

	// What the last system call returned.
	received int
	errno    syscall.Errno
}

func newBatchReceiver(conn *net.UDPConn, packetMax int, offload Offload, counters *ReceiverCounters) (*batchReceiver, error) {
	handle, err := newHandle(conn)
	if err != nil {
		return nil, err
	}
	b := &batchReceiver{handle: handle, counters: counters, packetMax: packetMax}
	b.call, b.meter = b.recvmmsg, b.readDrops
	reportOverflow(conn)
	reportFragments(conn)
	b.offload = offload == OffloadAuto && enableGRO(conn)
	size := packetMax + 1 // one byte more shows that a datagram is too long
	if b.offload {
		size = groBufferSize
	}
	buffers := make([]byte, receivedMessagesMax*size)
	for i := range b.messages {
		b.pieces[i].Base = &buffers[i*size]
		b.pieces[i].SetLen(size)
		header := &b.messages[i].Hdr
		header.Iov = &b.pieces[i]
		header.SetIovlen(1)
		header.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		header.Control = (*byte)(unsafe.Pointer(&b.ancillaries[i]))
	}
	b.prepare(len(b.messages))
	return b, nil
}

// gro says whether receive offload is in use.
func (b *batchReceiver) gro() bool { return b.offload }

// prepare offers the room for names and control messages again, in the first n messages: the kernel
// writes down how much of it was used.
func (b *batchReceiver) prepare(n int) {
	for i := range b.messages[:n] {
		header := &b.messages[i].Hdr
		header.Namelen = uint32(unsafe.Sizeof(b.names[0]))
		header.SetControllen(int(unsafe.Sizeof(ancillary{})))
	}
}

func (b *batchReceiver) read(dst [][]byte) ([][]byte, error) {
	for {
		before := b.counters.Messages
		dst, err := b.tryRead(dst)
		if err != nil || b.counters.Messages != before {
			return dst, err
		}
		if err := b.handle.wait(); err != nil {
			return dst, err
		}
	}
}

// tryRead is read without waiting: it may find nothing.
func (b *batchReceiver) tryRead(dst [][]byte) ([][]byte, error) {
	b.prepare(b.received)
	b.received = 0
	b.origins.reset()
	if err := b.handle.do(b.call); err != nil {
		return dst, err
	}
	switch b.errno {
	case 0:
	case unix.EAGAIN:
		return dst, nil
	default:
		return dst, os.NewSyscallError("recvmmsg", b.errno)
	}
	b.counters.Messages += int64(b.received)
	for i := range b.messages[:b.received] {
		dst = b.appendMessage(dst, i)
	}
	return dst, nil
}

// appendMessage appends the datagrams of message i to dst.
func (b *batchReceiver) appendMessage(dst [][]byte, i int) [][]byte {
	m := &b.messages[i]
	r := parseRemarks(b.ancillaries[i].bytes(int(m.Hdr.Controllen)))
	if r.hasDrops {
		b.counters.KernelDrops += b.drops.advance(r.drops)
	}
	if r.fragmented {
		b.counters.Fragmented++
	}
	before := len(dst)
	dst = b.appendDatagrams(dst, unsafe.Slice(b.pieces[i].Base, int(m.Len)), r.segment)
	b.origins.addRaw(&b.names[i], len(dst)-before, int64(m.Len))
	return dst
}

// recvmmsg makes the system call.
func (b *batchReceiver) recvmmsg(fd uintptr) {
	for {
		n, _, errno := syscall.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&b.messages)),
			receivedMessagesMax, unix.MSG_DONTWAIT, 0, 0)
		b.counters.Calls++
		if errno == unix.EINTR || errno == unix.ECONNREFUSED { // the latter is about something sent
			continue
		}
		b.errno = errno
		if errno == 0 {
			b.received = int(n)
		}
		return
	}
}

// wait waits until there is something to read.
func (b *batchReceiver) wait() error { return b.handle.wait() }

// waitFor is wait for at most d; what ended it doesn't matter.
func (b *batchReceiver) waitFor(d time.Duration) { _ = b.handle.waitFor(int(d.Milliseconds())) }

// refresh asks the kernel for its drop counter, for drops that no later message has reported.
func (b *batchReceiver) refresh() error { return b.handle.do(b.meter) }

func (b *batchReceiver) readDrops(fd uintptr) {
	if drops, ok := socketDrops(fd); ok {
		b.counters.KernelDrops += b.drops.advance(drops)
	}
}

func (b *batchReceiver) close() error { return b.handle.close() }
