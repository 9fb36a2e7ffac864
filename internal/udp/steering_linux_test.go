// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"golang.org/x/net/bpf"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/wire"
)

// packetOf makes a packet of a heap, with its special items in the order in which senders put them.
func packetOf(t testing.TB, addressBits int, cnt spead.HeapCnt) []byte {
	t.Helper()
	f, err := spead.NewFlavour(addressBits, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := wire.AppendHeader(nil, f, wire.SpecialCount)
	return wire.AppendSpecials(b, f, wire.Specials{Cnt: cnt, HeapLength: 1, PayloadLength: 1})
}

func TestHeapsAreSteeredByTheirCnt(t *testing.T) {
	for _, sockets := range []int{2, 8, 64} {
		vm, err := bpf.NewVM(steering(sockets))
		if err != nil {
			t.Fatal(err)
		}
		for bits := 32; bits <= 56; bits += 8 {
			for _, cnt := range []spead.HeapCnt{0, 1, 7, 63, 0xfffffffe, 0xffffffff, 1<<(bits-1) + 5} {
				b := packetOf(t, bits, cnt)
				if got, err := vm.Run(b); err != nil || got != int(cnt)%sockets {
					t.Errorf("%d sockets, 64-%d: heap %#x goes to socket %d (%v)", sockets, bits, cnt, got, err)
				}
				b[8] &^= 0x80 // not immediate
				if got, _ := vm.Run(b); got != 0 {
					t.Errorf("64-%d: an addressed pointer is taken for the cnt", bits)
				}
				b = packetOf(t, bits, cnt)
				copy(b[8:16], b[16:24]) // HEAP_LENGTH comes first
				if got, _ := vm.Run(b); got != 0 {
					t.Errorf("64-%d: the heap length is taken for the cnt", bits)
				}
			}
		}
		if got, _ := vm.Run(packetOf(t, 24, 5)); got != 0 {
			t.Errorf("a flavour whose ids reach further goes to socket %d", got)
		}
	}
}

// TestAHeapsPacketsGoToOneSocket sends packets of many heaps from two sockets, so that the kernel's own
// choice, by address, would be another one.
func TestAHeapsPacketsGoToOneSocket(t *testing.T) {
	const sockets, heaps, each = 4, 40, 5
	eachLoopback(t, func(t *testing.T, a netip.Addr) {
		receivers, err := NewReceivers(ReceiverConfig{Address: anyPort(a)}, sockets)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeAll(receivers) })
		senders := []*Sender{}
		for range 2 {
			senders = append(senders, newTestSender(t, SenderConfig{Endpoints: []netip.AddrPort{receivers[0].LocalAddr()}}))
		}
		for i := range heaps * each {
			b := packetOf(t, 40, spead.HeapCnt(i%heaps))
			writeAll(t, senders[i%2].WriteBatch, []wire.Datagram{{Header: b, Size: len(b)}})
		}
		for i, r := range receivers {
			var want []wire.Datagram
			for range each {
				for cnt := i; cnt < heaps; cnt += sockets {
					b := packetOf(t, 40, spead.HeapCnt(cnt))
					want = append(want, wire.Datagram{Header: b, Size: len(b)})
				}
			}
			expect(t, r.ReadBatch, want)
		}
	})
}

func TestHowManySocketsMayShareAPort(t *testing.T) {
	local, group := netip.MustParseAddrPort("127.0.0.1:0"), netip.MustParseAddrPort("239.255.11.7:0")
	for _, c := range []struct {
		cfg     ReceiverConfig
		sockets int
	}{
		{ReceiverConfig{Address: local}, 0},
		{ReceiverConfig{Address: local}, 3},
		{ReceiverConfig{Address: local}, 128},
		{ReceiverConfig{Address: local}, -2},
		{ReceiverConfig{Address: group}, 2},
		{ReceiverConfig{Conn: newLocalSocket(t)}, 2},
	} {
		_, err := NewReceivers(c.cfg, c.sockets)
		checkField(t, err, "Sockets")
	}
	one, err := NewReceivers(ReceiverConfig{Address: local}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(one)
	_, err = NewReceivers(ReceiverConfig{Address: one[0].LocalAddr()}, 4)
	if refused := (*spead.FieldError)(nil); err == nil || errors.As(err, &refused) {
		t.Errorf("a port in use is shared: %v", fmt.Sprint(err))
	}
}
