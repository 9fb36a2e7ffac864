// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gospead/spead/internal/errno"
	"github.com/gospead/spead/internal/wire"
)

// badPath fails messages of several datagrams to one destination, as a device without checksums does.
type badPath struct {
	batch     *batchSender
	substream int
}

func (p *badPath) call(fd uintptr) bool {
	b := p.batch
	all := b.end
	defer func() { b.end = all }()
	for i := b.first; i < all; i++ {
		if b.substreams[i] != p.substream || b.datagrams[i] == 1 {
			continue
		}
		if i == b.first {
			b.sent, b.errno = 0, unix.EIO
			return true
		}
		b.end = i // as the kernel does, send those before and tell no error
		break
	}
	return b.sendmmsg(fd)
}

func TestABadPathDisablesOffloadForItselfOnly(t *testing.T) {
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		var receivers [3]*Receiver
		var endpoints []netip.AddrPort
		for i := range receivers {
			receivers[i] = newTestReceiver(t, ReceiverConfig{Address: anyPort(a)})
			endpoints = append(endpoints, receivers[i].LocalAddr())
		}
		s := newTestSender(t, SenderConfig{Endpoints: endpoints})
		bad := &badPath{batch: s.batch, substream: 1}
		s.batch.call = bad.call
		for round := range 3 {
			sent := datagrams(newRandom(t), slices.Repeat([]int{1000}, 60)...)
			var want [3][]wire.Datagram
			for i := range sent {
				sent[i].Substream = i / 5 % 3
				want[i/5%3] = append(want[i/5%3], sent[i])
			}
			writeAll(t, s.WriteBatch, sent)
			for i, r := range receivers {
				expect(t, r.ReadBatch, want[i])
			}
			stats := s.Stats()
			states := []GSOState{stats.Paths[0].GSO, stats.Paths[1].GSO, stats.Paths[2].GSO}
			if !slices.Equal(states, []GSOState{GSOActive, GSODisabled, GSOActive}) || stats.Paths[1].GSOError == nil {
				t.Fatalf("round %d: offload is %v", round, states)
			}
			// Of every 15 datagrams, 10 leave in two messages and 5 singly.
			if want := int64((round + 1) * 4 * 7); stats.Messages != want || stats.Datagrams != int64((round+1)*60) {
				t.Fatalf("round %d: %d datagrams in %d messages, expected %d", round, stats.Datagrams, stats.Messages, want)
			}
		}
		if got := s.Stats().Errors; !slices.Equal(got, []errno.Count{{Errno: unix.EIO, Count: 1}}) {
			t.Errorf("errors: %v", got)
		}
	})
}

func TestAShortageIsWaitedForLongerEachTime(t *testing.T) {
	r := newTestReceiver(t, ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")})
	s := newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{r.LocalAddr()}})
	kernel := &script{batch: s.batch, errnos: slices.Repeat([]syscall.Errno{unix.ENOBUFS}, 5)}
	s.batch.call, s.batch.pause = kernel.call, kernel.pause
	writeAll(t, s.WriteBatch, datagrams(newRandom(t), 100))
	if !slices.IsSorted(kernel.pauses) || len(kernel.pauses) != 5 || kernel.pauses[0] != 2*shortagePause {
		t.Errorf("waits: %v", kernel.pauses)
	}
	if stats := s.Stats(); stats.Retries != 5 || !slices.Equal(stats.Errors, []errno.Count{{Errno: unix.ENOBUFS, Count: 5}}) {
		t.Errorf("statistics: %+v", stats)
	}
}
