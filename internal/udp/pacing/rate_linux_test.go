// SPDX-License-Identifier: Apache-2.0

package pacing

import (
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// readBack asks a socket's rate as plainly as can be.
func readBack(t *testing.T, conn syscall.Conn) (rate uint64) {
	t.Helper()
	err := control(conn, func(fd int) (err error) {
		rate, err = unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_MAX_PACING_RATE)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rate
}

func TestTheKernelKeepsTheRateThatItIsTold(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if before := readBack(t, conn); before != ^uint64(0) && before != 1<<32-1 {
		t.Errorf("at first the rate is %d", before)
	}
	for _, c := range []struct {
		asked float64
		want  uint64
	}{
		{0.5, 1}, {125e6, 125e6}, {125e6 + 0.25, 125e6 + 1}, {1<<31 + 5, 1<<31 + 5}, {1<<32 - 2, 1<<32 - 2},
		{1<<32 - 1, 1<<32 - 1}, {12.5e9, 12.5e9}, {1e18, 1e18},
	} {
		if ^uint(0)>>32 == 0 && c.want >= 1<<32-1 {
			continue // more than a kernel of 32 bits takes
		}
		if err := Limit(conn, c.asked); err != nil {
			t.Errorf("%g: %v", c.asked, err)
		}
		if got := readBack(t, conn); got != c.want {
			t.Errorf("%g: the socket has %d", c.asked, got)
		}
	}
}

func TestAClosedSocketHasNoRate(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := Limit(conn, 1e6); err == nil {
		t.Error("no error")
	}
}
