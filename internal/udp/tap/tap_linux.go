// SPDX-License-Identifier: Apache-2.0

package tap

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// messagesMax is how many messages a system call takes.
	messagesMax = 64
	// messageBytes holds the longest message, an IP packet's payload.
	messageBytes = 64 << 10
	// fewMessages is up to how many from a round of all sockets it pays to wait for more, for as long as
	// nap.
	fewMessages = 16
	nap         = 200 * time.Microsecond
)

// ancillary is room for control messages, aligned for their headers: the segment size, the drop
// counter, the time and the destination's address.
type ancillary [20]uint64

// name is room for an address as the kernel writes it.
type name [unix.SizeofSockaddrInet6]byte

// Tap reads sockets. One goroutine may call Read and Drops at a time, any Close.
type Tap struct {
	sockets []socket
	// polled are the sockets' descriptors, and after them bell, an event descriptor that wakes Read.
	polled []unix.PollFd
	bell   int
	nap    bool
	next   int // the socket that Read looks at next, of a round over those that poll found ready
	round  int // messages in this round

	messages    [messagesMax]unix.Mmsghdr
	names       [messagesMax]name
	pieces      [messagesMax]unix.Iovec
	ancillaries [messagesMax]ancillary
	last        sender

	closing atomic.Bool
	// use is held by Read, and by Close when it takes the descriptors away.
	use sync.Mutex
	// ringing guards bell: -1 when it is closed.
	ringing sync.Mutex
}

// socket is one of the tapped.
type socket struct {
	fd    int
	local netip.AddrPort
	drops uint32 // the kernel's counter
	total int64
}

// New takes over sockets, which are closed with the Tap; if there is an error, they are still the
// caller's.
func New(conns []*net.UDPConn, cfg Config) (*Tap, error) {
	t := &Tap{nap: cfg.Nap, bell: -1}
	err := t.setUp(conns, cfg)
	if err != nil {
		t.release()
		return nil, err
	}
	for _, conn := range conns {
		conn.Close() // the Tap has descriptors of its own, which the runtime's poller doesn't watch
	}
	return t, nil
}

func (t *Tap) setUp(conns []*net.UDPConn, cfg Config) (err error) {
	if t.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	for _, conn := range conns {
		s := socket{local: conn.LocalAddr().(*net.UDPAddr).AddrPort()}
		s.local = netip.AddrPortFrom(s.local.Addr().Unmap(), s.local.Port())
		if s.fd, err = duplicate(conn); err != nil {
			return err
		}
		t.sockets = append(t.sockets, s)
		t.polled = append(t.polled, unix.PollFd{Fd: int32(s.fd), Events: unix.POLLIN})
		if err := s.configure(cfg); err != nil {
			return err
		}
	}
	t.polled = append(t.polled, unix.PollFd{Fd: int32(t.bell), Events: unix.POLLIN})
	t.next = len(t.sockets)
	buffers := make([]byte, messagesMax*messageBytes)
	for i := range t.messages {
		t.pieces[i].Base = &buffers[i*messageBytes]
		t.pieces[i].SetLen(messageBytes)
		header := &t.messages[i].Hdr
		header.Iov = &t.pieces[i]
		header.SetIovlen(1)
		header.Name = (*byte)(unsafe.Pointer(&t.names[i]))
		header.Control = (*byte)(unsafe.Pointer(&t.ancillaries[i]))
	}
	return nil
}

// duplicate gives a descriptor of a socket's that is the caller's own.
func duplicate(conn *net.UDPConn) (fd int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, err
	}
	if failed := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) }); failed != nil {
		return -1, failed
	}
	return fd, os.NewSyscallError("fcntl", err)
}

// configure asks for what is to be known of each message.
func (s *socket) configure(cfg Config) error {
	if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return os.NewSyscallError("setsockopt SO_TIMESTAMPNS", err)
	}
	// Without these there is just less to know.
	_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RXQ_OVFL, 1)
	if cfg.GRO {
		_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_UDP, unix.UDP_GRO, 1)
	}
	if !s.local.Addr().IsUnspecified() {
		return nil
	}
	if s.local.Addr().Is4() {
		return os.NewSyscallError("setsockopt IP_PKTINFO", unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1))
	}
	return os.NewSyscallError("setsockopt IPV6_RECVPKTINFO", unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1))
}

// Read appends datagrams that have arrived to dst, of one socket, after waiting for at most so long
// for there to be any. Close makes it return net.ErrClosed.
func (t *Tap) Read(dst []Datagram, wait time.Duration) ([]Datagram, error) {
	t.use.Lock()
	defer t.use.Unlock()
	for !t.closing.Load() {
		for ; t.next < len(t.sockets); t.next++ {
			if t.polled[t.next].Revents == 0 {
				continue
			}
			n, err := t.receive(t.next)
			if err != nil {
				return dst, err
			}
			if n > 0 {
				dst = t.append(dst, n)
				t.passOn(n)
				return dst, nil
			}
			t.polled[t.next].Revents = 0
		}
		if ready, err := t.poll(wait); err != nil || !ready {
			return dst, err
		}
	}
	return dst, net.ErrClosed
}

// passOn makes it the next socket's turn after n messages, if there is another: one that is never empty
// would keep the others waiting.
func (t *Tap) passOn(n int) {
	t.round += n
	if len(t.sockets) > 1 {
		t.next++
	}
}

// poll finds out which sockets are ready, after letting more arrive if the last round found few.
func (t *Tap) poll(wait time.Duration) (ready bool, err error) {
	if t.nap && t.round > 0 && t.round <= fewMessages && wait >= nap {
		ts := unix.NsecToTimespec(int64(nap))
		_ = unix.Nanosleep(&ts, nil) // a signal may end it early
	}
	t.next, t.round = 0, 0
	n, err := unix.Poll(t.polled, int(max(wait, 0).Milliseconds()))
	if err == unix.EINTR {
		return false, nil
	}
	if rung := &t.polled[len(t.sockets)].Revents; *rung != 0 {
		*rung = 0
		var count [8]byte
		_, _ = unix.Read(t.bell, count[:])
		n--
	}
	return n > 0, os.NewSyscallError("poll", err)
}

// receive takes messages from a socket; 0 if there are none.
func (t *Tap) receive(number int) (int, error) {
	for i := range t.messages {
		header := &t.messages[i].Hdr
		header.Namelen = uint32(unsafe.Sizeof(t.names[0]))
		header.SetControllen(int(unsafe.Sizeof(ancillary{})))
	}
	for {
		n, _, errno := syscall.Syscall6(unix.SYS_RECVMMSG, uintptr(t.sockets[number].fd),
			uintptr(unsafe.Pointer(&t.messages)), messagesMax, unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EAGAIN:
			return 0, nil
		case unix.EINTR, unix.ECONNREFUSED:
			continue
		}
		return 0, os.NewSyscallError("recvmmsg", errno)
	}
}

// append appends the datagrams of the n messages that have come from a socket.
func (t *Tap) append(dst []Datagram, n int) []Datagram {
	s := &t.sockets[t.next]
	for i := range t.messages[:n] {
		m := &t.messages[i]
		d := Datagram{From: t.last.addrPort(&t.names[i]), To: s.local, Socket: t.next}
		control := unsafe.Slice((*byte)(unsafe.Pointer(&t.ancillaries[i])), int(m.Hdr.Controllen))
		segment := s.read(&d, control)
		payload := unsafe.Slice(t.pieces[i].Base, int(m.Len))
		for segment > 0 && len(payload) > segment {
			d.Payload = payload[:segment:segment]
			dst = append(dst, d)
			payload = payload[segment:]
		}
		d.Payload = payload[:len(payload):len(payload)]
		dst = append(dst, d)
	}
	return dst
}

// Drops is how many messages the kernel had no room for at a socket so far. Several datagrams that
// were joined count as one.
func (t *Tap) Drops(number int) int64 {
	t.use.Lock()
	defer t.use.Unlock()
	s := &t.sockets[number]
	if !t.closing.Load() {
		s.askDrops()
	}
	return s.total
}

// Wake makes a waiting Read return, or the next one that would wait. Any goroutine may call it.
func (t *Tap) Wake() {
	t.ringing.Lock()
	defer t.ringing.Unlock()
	if t.bell >= 0 {
		_, _ = unix.Write(t.bell, []byte{1, 0, 0, 0, 0, 0, 0, 1})
	}
}

// Close closes the sockets.
func (t *Tap) Close() error {
	if t.closing.Swap(true) {
		return nil
	}
	t.Wake()
	t.use.Lock()
	defer t.use.Unlock()
	return t.release()
}

func (t *Tap) release() (err error) {
	for _, s := range t.sockets {
		if failed := unix.Close(s.fd); failed != nil {
			err = os.NewSyscallError("close", failed)
		}
	}
	t.ringing.Lock()
	defer t.ringing.Unlock()
	if t.bell >= 0 {
		unix.Close(t.bell)
		t.bell = -1
	}
	return err
}
