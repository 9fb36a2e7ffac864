// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gospead/spead/internal/wire"
)

// sentMessagesMax is how many messages one sendmmsg takes. More aren't faster, and the call must not
// be long: see sendmmsg.
const sentMessagesMax = 16

// batchSender sends many messages with each system call.
type batchSender struct {
	raw          syscall.RawConn
	call         func(fd uintptr) (done bool) // sendmmsg, bound once: to bind it each time would allocate
	destinations []destination
	messageMax   int // bytes
	gso          gsoMachine
	counters     *senderCounters

	// The messages in hand, of which [first, end) haven't left yet.
	messages   [sentMessagesMax]unix.Mmsghdr
	controls   [sentMessagesMax]segmentControl
	datagrams  [sentMessagesMax]int // how many each message holds
	first, end int
	pieces     []unix.Iovec // of all messages, in order
	gathered   []byte       // datagrams in too many pieces for the kernel

	// What the last system call returned.
	sent  int
	errno syscall.Errno
}

func newBatchSender(conn *net.UDPConn, endpoints []netip.AddrPort, offload Offload, counters *senderCounters) (*batchSender, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	destinations, err := newDestinations(endpoints)
	if err != nil {
		return nil, err
	}
	b := &batchSender{raw: raw, destinations: destinations, messageMax: messageMax6, counters: counters}
	if endpoints[0].Addr().Is4() {
		b.messageMax = messageMax4
	}
	b.call = b.sendmmsg
	if offload == OffloadOff {
		b.gso.state = GSODisabled
	} else if err := probeGSO(conn); err != nil {
		b.gso.state = GSODisabled
		counters.gsoError.Store(&os.SyscallError{Syscall: "getsockopt UDP_SEGMENT", Err: err})
	}
	counters.gso.Store(uint32(b.gso.state))
	return b, nil
}

func (b *batchSender) write(d []wire.Datagram) (n int, err error) {
	for n < len(d) && err == nil {
		var left int
		b.lay(d[n:])
		left, err = b.flush()
		n += left
	}
	b.forget()
	if err != nil {
		return n, sendError(b.destinations[d[n].Substream].endpoint, err)
	}
	return n, nil
}

// flush sends the messages in hand and returns how many datagrams left. It returns early, without an
// error, if the others have to be laid anew.
func (b *batchSender) flush() (left int, err error) {
	for b.first < b.end {
		if err := b.raw.Write(b.call); err != nil {
			return left, plainError(err)
		}
		if b.errno == 0 {
			left += b.credit()
			continue
		}
		reaction := b.gso.failed(b.errno, b.datagrams[b.first])
		b.counters.gso.Store(uint32(b.gso.state))
		switch reaction {
		case split:
			return left, nil
		case report:
			return left, os.NewSyscallError("sendmmsg", b.errno)
		}
	}
	return left, nil
}

// credit counts the messages that the last system call sent, and returns how many datagrams they
// held.
func (b *batchSender) credit() (datagrams int) {
	largest := 0
	for _, n := range b.datagrams[b.first : b.first+b.sent] {
		datagrams += n
		largest = max(largest, n)
	}
	b.first += b.sent
	b.counters.messages.Add(int64(b.sent))
	before := b.gso.state
	b.gso.left(largest)
	if b.gso.state == before {
		return datagrams
	}
	if b.gso.state == GSODisabled {
		b.counters.gsoError.Store(&os.SyscallError{Syscall: "sendmmsg", Err: b.gso.cause})
	}
	b.counters.gso.Store(uint32(b.gso.state))
	return datagrams
}

// sendmmsg makes the system call; false tells the poller to wait until the socket is writable.
//
// It is a raw one, of which the scheduler isn't told: after 20 µs it would give the processor to
// another thread, and get it back late. So the call must not block, and must not take long, as it
// delays the garbage collector's stops.
func (b *batchSender) sendmmsg(fd uintptr) (done bool) {
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&b.messages[b.first])),
			uintptr(b.end-b.first), unix.MSG_DONTWAIT, 0, 0)
		b.counters.calls.Add(1)
		if errno == unix.EINTR {
			continue
		}
		b.sent, b.errno = int(n), errno
		return errno != unix.EAGAIN
	}
}
