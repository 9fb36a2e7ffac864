// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"testing"
)

func TestLossIsToldApartByReason(t *testing.T) {
	for _, c := range []struct {
		name string
		sent Sent
		came Received
		want string
		lost int64
	}{
		{"none", Sent{Heaps: 10, Packets: 100}, Received{Heaps: 10, Begun: 10, Packets: 100}, "", 0},
		{"in the kernel", Sent{Heaps: 10, Packets: 100}, Received{Heaps: 7, Begun: 9, Packets: 80, KernelDrops: 20},
			"3 heaps lost, 1 never seen, 2 incomplete, 20 packets dropped by the agent's kernel (its socket buffer was full)", 3},
		{"in the kernel, joined", Sent{Heaps: 10, Packets: 100, Messages: 15}, Received{Heaps: 7, Begun: 9, Packets: 70, KernelDrops: 4},
			"3 heaps lost, 1 never seen, 2 incomplete, 28 packets dropped by the agent's kernel (its socket buffer was full), 2 packets lost between the two sockets", 3},
		{"under way", Sent{Heaps: 10, Packets: 100}, Received{Heaps: 8, Begun: 8, Packets: 80},
			"2 heaps lost, 2 never seen, 20 packets lost between the two sockets", 2},
		{"at the sender", Sent{Heaps: 8, Packets: 80, FailedHeaps: 2, FailedPackets: 20}, Received{Heaps: 8, Begun: 8, Packets: 80},
			"2 heaps lost, 2 could not be sent", 2},
		{"refused", Sent{Heaps: 10, Packets: 100}, Received{Heaps: 9, Begun: 10, Packets: 100, Refused: map[string]int64{"gap": 3, "duplicate": 1}},
			"1 heap lost, 1 incomplete, 1 packet refused as duplicate, 3 packets refused as gap", 1},
		{"on the wire", Sent{Heaps: 10, Packets: 100}, Received{Heaps: 9, Differing: 1, Begun: 10, Packets: 100},
			"1 heap lost, 1 differs", 1},
		{"foreign heaps beside", Sent{Heaps: 10, Packets: 100}, Received{Heaps: 9, Foreign: 2, Begun: 11, Packets: 102},
			"1 heap lost, 1 never seen", 1},
	} {
		if l := newLoss(&c.sent, &c.came); l.String() != c.want || l.Heaps != c.lost {
			t.Errorf("%s: %q, %+v", c.name, l, l)
		}
	}
}

func TestARateNeedsTime(t *testing.T) {
	if r := (&Sent{Bytes: 5}).Rate(); r != 0 {
		t.Errorf("%v in no time", r)
	}
}
