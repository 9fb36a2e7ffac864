// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// script stands between a sender and the kernel: each call fails with the script's next error, or,
// where that is 0, goes through. When the script has ended all go through.
type script struct {
	batch    *batchSender
	errnos   []syscall.Errno
	messages []int // of each call, how many datagrams its first message held
	pauses   []time.Duration
}

func (c *script) pause(d time.Duration) { c.pauses = append(c.pauses, d) }

func (c *script) call(fd uintptr) bool {
	b := c.batch
	c.messages = append(c.messages, b.datagrams[b.first])
	if len(c.errnos) > 0 {
		errno := c.errnos[0]
		c.errnos = c.errnos[1:]
		if errno != 0 {
			b.sent, b.errno = 0, errno
			return true
		}
	}
	return b.sendmmsg(fd)
}

var failureCases = []struct {
	name     string
	errnos   []syscall.Errno
	failed   []int // datagrams
	messages []int
	state    GSOState
	cause    error
}{
	{"nothing fails", nil, nil, []int{10}, GSOActive, nil},
	{"offload fails", []syscall.Errno{unix.EIO}, nil, []int{10, 1}, GSODisabled, unix.EIO},
	{"offload fails, and EPERM on top", []syscall.Errno{unix.EPERM, unix.EINVAL, unix.EPERM}, nil,
		[]int{10, 10, 1, 1}, GSODisabled, unix.EINVAL},
	{"the first datagram fails in any case", []syscall.Errno{unix.EMSGSIZE, unix.EMSGSIZE}, []int{0},
		[]int{10, 1, 9}, GSOActive, nil},
	{"the first two fail", []syscall.Errno{unix.EINVAL, unix.ENETUNREACH, unix.EINVAL, unix.ENETUNREACH}, []int{0, 1},
		[]int{10, 1, 9, 1, 8}, GSOActive, nil},
	{"an error that isn't offload's", []syscall.Errno{unix.ENETUNREACH}, []int{0}, []int{10, 9}, GSOActive, nil},
	{"a shortage passes", []syscall.Errno{unix.ENOBUFS, unix.ENOBUFS, 0, unix.ENOMEM}, nil, []int{10, 10, 10}, GSOActive, nil},
	{"a shortage lasts", slices.Repeat([]syscall.Errno{unix.ENOBUFS}, 11), []int{0},
		slices.Concat(slices.Repeat([]int{10}, 11), []int{9}), GSOActive, nil},
	{"refusals of earlier datagrams", slices.Repeat([]syscall.Errno{unix.ECONNREFUSED}, 5), nil,
		slices.Repeat([]int{10}, 6), GSOActive, nil},
	{"a firewall", []syscall.Errno{unix.EPERM, unix.EPERM}, []int{0}, []int{10, 10, 9}, GSOActive, nil},
}

func TestAFailingMessageIsTriedAgainAsItShould(t *testing.T) {
	for _, c := range failureCases {
		t.Run(c.name, func(t *testing.T) {
			r := newTestReceiver(t, ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")})
			s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}})
			control := &script{batch: s.batch, errnos: c.errnos}
			s.batch.call = control.call
			s.batch.pause = control.pause
			sent := datagrams(newRandom(t), slices.Repeat([]int{1000}, 10)...)
			var failed []int
			for first := 0; first < len(sent); {
				n, err := s.WriteBatch(sent[first:])
				first += n
				if err == nil {
					continue
				}
				var errno syscall.Errno
				if !errors.As(err, &errno) {
					t.Errorf("%v has no errno", err)
				}
				failed = append(failed, first)
				first++
			}
			if !slices.Equal(failed, c.failed) || !slices.Equal(control.messages, c.messages) {
				t.Errorf("%v failed, in calls of %v; expected %v, %v", failed, control.messages, c.failed, c.messages)
			}
			expect(t, r.ReadBatch, sent[len(failed):])
			if path := s.Stats().Paths[0]; path.GSO != c.state || !errors.Is(path.GSOError, c.cause) {
				t.Errorf("offload is %v because of %v", path.GSO, path.GSOError)
			}
		})
	}
}

// TestOffloadThatTheKernelRefusesIsGivenUp has the kernel refuse segmentation offload: it insists on
// checksums, and the socket is told to send none.
func TestOffloadThatTheKernelRefusesIsGivenUp(t *testing.T) {
	r := newTestReceiver(t, ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")})
	s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}})
	sent := datagrams(newRandom(t), slices.Repeat([]int{1000}, 100)...)
	writeAll(t, s.WriteBatch, sent)
	if stats := s.Stats(); stats.Paths[0] != (PathStats{GSO: GSOActive}) || stats.Messages != 2 || stats.Calls != 1 {
		t.Errorf("before: %+v", stats)
	}
	if err := control(s.conn, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NO_CHECK, 1)
	}); err != nil {
		t.Fatal(err)
	}
	writeAll(t, s.WriteBatch, sent)
	if stats := s.Stats(); stats.Paths[0].GSO != GSODisabled || !errors.Is(stats.Paths[0].GSOError, unix.EINVAL) || stats.Messages != 102 {
		t.Errorf("after: %+v", stats)
	}
	expect(t, r.ReadBatch, append(slices.Clone(sent), sent...))
}

func TestCloseEndsAWaitingWriteBatch(t *testing.T) {
	s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9")}})
	waiting := make(chan struct{}, 10)
	s.batch.call = func(uintptr) bool { // a socket that is always full
		select {
		case waiting <- struct{}{}:
		default:
		}
		return false
	}
	result := make(chan error)
	go func() {
		_, err := s.WriteBatch(datagrams(newRandom(t), 100))
		result <- err
	}()
	<-waiting
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-result; err != net.ErrClosed {
		t.Errorf("WriteBatch returned %v", err)
	}
}

func TestNoReferenceToTheUsersMemoryIsKept(t *testing.T) {
	r := newTestReceiver(t, ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")})
	s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}})
	for range 3 {
		writeAll(t, s.WriteBatch, datagrams(newRandom(t), slices.Repeat([]int{1000, 900, 1400}, 40)...))
		for i, piece := range s.batch.pieces[:cap(s.batch.pieces)] {
			if piece.Base != nil {
				t.Fatalf("piece %d is", i)
			}
		}
	}
}
