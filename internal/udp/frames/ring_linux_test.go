// SPDX-License-Identifier: Apache-2.0

package frames

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gospead/spead/internal/netns"
)

// TestADeviceThatGoesDownIsWaitedFor looks at whether waiting still waits, and at what comes afterwards.
func TestADeviceThatGoesDownIsWaitedFor(t *testing.T) {
	n := netns.ForTest(t)
	to := netip.MustParseAddrPort("127.0.0.1:7148")
	var ring *Ring
	var sender net.Conn
	n.Do(func() {
		lo, err := net.InterfaceByName("lo")
		if err == nil {
			ring, err = Open(Config{Device: lo.Index, Endpoints: []netip.AddrPort{to}, Bytes: 4 * blockBytes})
		}
		if err == nil {
			sender, err = net.Dial("udp4", to.String())
		}
		if err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		return
	}
	defer ring.Close()
	defer sender.Close()
	if err := n.IP("link set lo down"); err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Read(time.Minute); err != nil {
		t.Fatal(err)
	}
	polled := []unix.PollFd{{Fd: int32(ring.fd), Events: unix.POLLIN}}
	if _, err := unix.Poll(polled, 0); err != nil || polled[0].Revents != 0 {
		t.Errorf("once that was seen, poll answers %#x, %v", polled[0].Revents, err)
	}
	if err := n.IP("link set lo up"); err != nil {
		t.Fatal(err)
	}
	if _, err := sender.Write([]byte("again")); err != nil {
		t.Fatal(err)
	}
	for {
		frames, err := ring.Read(time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if len(frames) > 0 {
			break
		}
	}
}
