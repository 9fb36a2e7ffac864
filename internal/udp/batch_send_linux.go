// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
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
	pause        func(time.Duration)
	destinations []destination
	counters     *senderCounters

	// The messages in hand, of which [first, end) haven't left yet.
	messages   [sentMessagesMax]unix.Mmsghdr
	controls   [sentMessagesMax]segmentControl
	datagrams  [sentMessagesMax]int // how many each message holds
	substreams [sentMessagesMax]int // where each message goes
	first, end int
	pieces     []unix.Iovec // of all messages, in order
	gathered   []byte       // datagrams that were copied together
	// connected says that the socket knows its only destination. Both ways into a socket share it.
	connected *atomic.Bool
	// hasty says that a full socket isn't waited for, full that there was one.
	hasty, full bool

	// What the last system call returned.
	sent  int
	errno syscall.Errno
}

func newBatchSender(conn *net.UDPConn, cfg *SenderConfig, counters *senderCounters) (*batchSender, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	destinations, err := newDestinations(conn, cfg.Endpoints)
	if err != nil {
		return nil, err
	}
	b := &batchSender{raw: raw, pause: time.Sleep, destinations: destinations, counters: counters,
		connected: new(atomic.Bool)}
	b.call = b.sendmmsg
	off := cfg.GSO == OffloadOff
	err = probeGSO(conn)
	for i := range b.destinations {
		if off || err != nil {
			b.destinations[i].gso.state = GSODisabled
		}
		if !off && err != nil {
			counters.paths[i].gsoError.Store(&os.SyscallError{Syscall: "getsockopt UDP_SEGMENT", Err: err})
		}
		counters.paths[i].gso.Store(uint32(b.destinations[i].gso.state))
	}
	if cfg.Conn == nil && !cfg.PathMTU { // a connected socket's path MTU changes under it
		b.connect(conn)
	}
	return b, nil
}

// TryWriteBatch is WriteBatch that returns without an error where it would have to wait. It counts as
// a WriteBatch.
func (s *Sender) TryWriteBatch(d []wire.Datagram) (n int, err error) {
	s.batch.hasty = true
	n, err = s.WriteBatch(d)
	s.batch.hasty = false
	return n, err
}

func (b *batchSender) write(d []wire.Datagram) (n int, err error) {
	b.full = false
	for n < len(d) && err == nil && !b.full {
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
		if b.full = b.errno == unix.EAGAIN; b.full {
			return left, nil
		}
		switch b.react() {
		case split:
			return left, nil
		case report:
			b.disconnect()
			return left, os.NewSyscallError("sendmmsg", b.errno)
		}
	}
	return left, nil
}

// credit counts the messages that the last system call sent, and returns how many datagrams they
// held.
func (b *batchSender) credit() (datagrams int) {
	for i := b.first; i < b.first+b.sent; i++ {
		n := b.datagrams[i]
		datagrams += n
		if b.destinations[b.substreams[i]].gso.left(n) {
			b.publish(b.substreams[i])
		}
	}
	b.first += b.sent
	b.counters.messages.Add(int64(b.sent))
	b.counters.datagrams.Add(int64(datagrams))
	return datagrams
}

// react decides what follows the failure of the first message in hand, and waits if that is called
// for.
func (b *batchSender) react() reaction {
	b.counters.errnos.AddErrno(b.errno)
	substream := b.substreams[b.first]
	to := &b.destinations[substream]
	if b.errno == unix.EDESTADDRREQ && !b.connected.Load() {
		return split // the other way in has just disconnected the socket: the messages need names now
	}
	reaction := to.gso.failed(b.errno, b.datagrams[b.first])
	b.publish(substream)
	if reaction != report {
		b.counters.retries.Add(1)
	}
	if reaction == wait {
		b.pause(shortagePause << to.gso.tries)
	}
	return reaction
}

// publish shows the state of a destination's offload in the statistics.
func (b *batchSender) publish(substream int) {
	m, shown := &b.destinations[substream].gso, &b.counters.paths[substream]
	if m.state == GSODisabled && m.cause != 0 {
		shown.gsoError.Store(&os.SyscallError{Syscall: "sendmmsg", Err: m.cause})
	}
	shown.gso.Store(uint32(m.state))
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
		if errno == unix.EAGAIN {
			b.counters.waits.Add(1)
			return b.hasty
		}
		return true
	}
}
