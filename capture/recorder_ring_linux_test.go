// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gospead/spead/internal/netns"
	"github.com/gospead/spead/internal/pcap"
)

// TestFramesAreTakenFromADevice captures in a namespace, with messages that the kernel would split. It
// takes root.
func TestFramesAreTakenFromADevice(t *testing.T) {
	space := netns.ForTest(t)
	to := netip.MustParseAddrPort("127.0.0.1:7148")
	path := filepath.Join(t.TempDir(), "a.pcapng")
	var r *Recorder
	var sender *net.UDPConn
	var err error
	space.Do(func() {
		r, err = NewRecorder(RecorderConfig{Endpoints: []netip.AddrPort{to}, Interface: "lo", PacketRing: true, Path: path, BufferSize: 4 << 20})
		if err != nil {
			return
		}
		if sender, err = net.ListenUDP("udp4", nil); err == nil {
			err = sendJoined(sender, to)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // what came before is taken
	if err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if stats := r.Stats(); stats.Datagrams != 12 || stats.Bytes != 12*1000 || stats.KernelDrops != 0 {
		t.Errorf("%+v", stats)
	}
	expect(t, readFile(t, path), 0, 12)
	reader, err := pcap.NewReader(bytes.NewReader(readFile(t, path)), pcap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	from := sender.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	if d, err := reader.Next(); err != nil || d.Destination != to || d.Source.Port() != from {
		t.Errorf("from %v to %v, %v", d.Source, d.Destination, err)
	}
}

// sendJoined sends twelve datagrams in three messages, and some to elsewhere.
func sendJoined(sender *net.UDPConn, to netip.AddrPort) error {
	raw, err := sender.SyscallConn()
	if err != nil {
		return err
	}
	const udpSegment = 103
	if err := errors.Join(raw.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_UDP, udpSegment, 1000)
	}), err); err != nil {
		return err
	}
	elsewhere := netip.AddrPortFrom(to.Addr(), to.Port()+1)
	for first := 0; first < 12; first += 4 {
		var message []byte
		for i := range 4 {
			message = append(message, numbered(first+i)...)
		}
		for _, endpoint := range []netip.AddrPort{to, elsewhere} {
			if _, err := sender.WriteToUDPAddrPort(message, endpoint); err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
				return err
			}
		}
	}
	return nil
}

func TestAPacketRingTakesAnEthernetDevice(t *testing.T) {
	_, err := NewRecorder(RecorderConfig{Endpoints: loopback(), Interface: "nonsuch0", PacketRing: true})
	if err == nil {
		t.Error("there is no such device")
	}
}
