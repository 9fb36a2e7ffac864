// SPDX-License-Identifier: Apache-2.0

package tap

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestJoinedDatagramsAreTakenApart sends messages that the kernel would split.
func TestJoinedDatagramsAreTakenApart(t *testing.T) {
	conn := listen(t, "127.0.0.1:0")
	to := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	tap := newTap(t, Config{GRO: true}, conn)
	sender := listen(t, "127.0.0.1:0")
	raw, err := sender.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT, 100) }); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	message := make([]byte, 950)
	for i := range message {
		message[i] = byte(i / 100)
	}
	if _, err := sender.WriteToUDPAddrPort(message, to); err != nil {
		t.Fatal(err)
	}
	for count := 0; count < 10; {
		got, err := tap.Read(nil, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range got {
			size := 100
			if count == 9 {
				size = 50
			}
			if len(d.Payload) != size || d.Payload[0] != byte(count) || d.Payload[size-1] != byte(count) {
				t.Errorf("datagram %d has %d bytes of %d", count, len(d.Payload), d.Payload[0])
			}
			count++
		}
	}
}

// TestSocketsTakeTurns has more wait at each of two sockets than is read at once.
func TestSocketsTakeTurns(t *testing.T) {
	conns := []*net.UDPConn{listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")}
	to := []*net.UDPAddr{conns[0].LocalAddr().(*net.UDPAddr), conns[1].LocalAddr().(*net.UDPAddr)}
	tap := newTap(t, Config{}, conns...)
	sender := listen(t, "127.0.0.1:0")
	for i := range 4 * messagesMax {
		if _, err := sender.WriteToUDP([]byte{1}, to[i%2]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 4 {
		got, err := tap.Read(nil, time.Minute)
		if err != nil || len(got) != messagesMax || got[0].Socket != i%2 {
			t.Fatalf("read %d: %d datagrams, the first %+v, %v", i, len(got), got[:min(1, len(got))], err)
		}
	}
}

func TestDropsAreCounted(t *testing.T) {
	conn := listen(t, "127.0.0.1:0")
	if err := conn.SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	to := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	tap := newTap(t, Config{}, conn)
	sender := listen(t, "127.0.0.1:0")
	const count = 100
	for range count {
		if _, err := sender.WriteToUDPAddrPort(make([]byte, 1000), to); err != nil {
			t.Fatal(err)
		}
	}
	read := 0
	for {
		got, err := tap.Read(nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			break
		}
		read += len(got)
	}
	if drops := tap.Drops(0); read == 0 || drops == 0 || int64(read)+drops != count {
		t.Errorf("%d datagrams were read and %d dropped of %d", read, drops, count)
	}
}
