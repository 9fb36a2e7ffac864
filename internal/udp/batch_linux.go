// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receivedMessagesMax is how many messages one recvmmsg takes, as in spead2.
const receivedMessagesMax = 64

// batchReceiver reads many messages with each system call.
type batchReceiver struct {
	raw       syscall.RawConn
	call      func(fd uintptr) (done bool) // recvmmsg, bound once: to bind it each time would allocate
	counters  *ReceiverCounters
	packetMax int
	offload   bool
	drops     dropMeter

	messages    [receivedMessagesMax]unix.Mmsghdr
	pieces      [receivedMessagesMax]unix.Iovec
	ancillaries [receivedMessagesMax]ancillary

	// What the last system call returned.
	received int
	errno    syscall.Errno
}

func newBatchReceiver(conn *net.UDPConn, packetMax int, offload Offload, counters *ReceiverCounters) (*batchReceiver, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	b := &batchReceiver{raw: raw, counters: counters, packetMax: packetMax}
	b.call = b.recvmmsg
	reportOverflow(conn)
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
		header.Control = (*byte)(unsafe.Pointer(&b.ancillaries[i]))
	}
	b.prepare(len(b.messages))
	return b, nil
}

// gro says whether receive offload is in use.
func (b *batchReceiver) gro() bool { return b.offload }

// prepare offers the room for control messages again, in the first n messages: the kernel writes down
// how much of it was used.
func (b *batchReceiver) prepare(n int) {
	for i := range b.messages[:n] {
		b.messages[i].Hdr.SetControllen(int(unsafe.Sizeof(ancillary{})))
	}
}

func (b *batchReceiver) read(dst [][]byte) ([][]byte, error) {
	b.prepare(b.received)
	b.received = 0
	if err := b.raw.Read(b.call); err != nil {
		return dst, plainError(err)
	}
	if b.errno != 0 {
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
	return b.appendDatagrams(dst, unsafe.Slice(b.pieces[i].Base, int(m.Len)), r.segment)
}

// recvmmsg makes the system call; false tells the poller to wait until there is something to read.
func (b *batchReceiver) recvmmsg(fd uintptr) (done bool) {
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
		return errno != unix.EAGAIN
	}
}
