// SPDX-License-Identifier: Apache-2.0

package recv_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gospead/spead/capture"
	"github.com/gospead/spead/inproc"
	"github.com/gospead/spead/recv"
)

// kind is a kind of source, for the suite that tries every behaviour over every source.
type kind struct {
	name string
	// packetwise says that a packet which can't be decoded disturbs no other: packets don't lie in a row
	// of which the first such ends all.
	packetwise bool
	// ordered says that packets come in the order in which they were sent, whatever heap they are of.
	ordered bool
	// open adds such a source to a stream. all is everything that will be sent; write sends a packet once
	// the stream was started, and is nil if the source has all from the beginning.
	open func(t *testing.T, s *recv.Stream, all [][]byte) (write func([]byte))
}

func kinds() []kind {
	return []kind{
		{"UDP", true, true, overUDP(recv.UDPConfig{})},
		{"UDP without offload", true, true, overUDP(recv.UDPConfig{GRO: recv.OffloadOff})},
		{"UDP over two sockets", true, false, overUDP(recv.UDPConfig{Sockets: 2})},
		{"a packet connection", true, true, overPacketConn},
		{"TCP", true, true, overTCP(1)},
		{"TCP in several connections", true, true, overTCP(-1)},
		{"a reader", true, true, overReader},
		{"memory", false, true, overMemory},
		{"a capture file", true, true, overCapture},
		{"a queue in the process", true, true, overQueue},
	}
}

func overUDP(cfg recv.UDPConfig) func(*testing.T, *recv.Stream, [][]byte) func([]byte) {
	return func(t *testing.T, s *recv.Stream, _ [][]byte) func([]byte) {
		cfg.Address = netip.MustParseAddrPort("127.0.0.1:0")
		if runtime.GOOS != "linux" {
			cfg.Sockets = 1
		}
		if err := s.AddUDP(cfg); err != nil {
			t.Fatal(err)
		}
		return connect(t, "udp", s.Addrs()[0].String())
	}
}

func overPacketConn(t *testing.T, s *recv.Stream, _ [][]byte) func([]byte) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// Hidden in a struct, it is any connection.
	if err := s.AddUDP(recv.UDPConfig{Conn: struct{ net.PacketConn }{conn}}); err != nil {
		t.Fatal(err)
	}
	return connect(t, "udp", conn.LocalAddr().String())
}

func overTCP(connections int) func(*testing.T, *recv.Stream, [][]byte) func([]byte) {
	return func(t *testing.T, s *recv.Stream, _ [][]byte) func([]byte) {
		cfg := recv.TCPConfig{Address: netip.MustParseAddrPort("127.0.0.1:0"), Connections: connections}
		if err := s.AddTCP(cfg); err != nil {
			t.Fatal(err)
		}
		return connect(t, "tcp", s.Addrs()[0].String())
	}
}

func connect(t *testing.T, network, address string) func([]byte) {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return writeTo(t, conn)
}

func writeTo(t *testing.T, w io.Writer) func([]byte) {
	return func(b []byte) {
		if _, err := w.Write(b); err != nil {
			t.Error(err)
		}
	}
}

func overReader(t *testing.T, s *recv.Stream, _ [][]byte) func([]byte) {
	r, w := io.Pipe()
	if err := s.AddReader(r); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return writeTo(t, w)
}

func overMemory(t *testing.T, s *recv.Stream, all [][]byte) func([]byte) {
	if err := s.AddMemory(bytes.Join(all, nil)); err != nil {
		t.Fatal(err)
	}
	return nil
}

func overQueue(t *testing.T, s *recv.Stream, _ [][]byte) func([]byte) {
	q, err := inproc.NewQueue(0)
	if err == nil {
		err = s.AddInproc(q)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func(b []byte) {
		if err := q.Add(b); err != nil {
			t.Error(err)
		}
	}
}

func overCapture(t *testing.T, s *recv.Stream, all [][]byte) func([]byte) {
	path := filepath.Join(t.TempDir(), "all.pcap")
	err := os.WriteFile(path, pcapOf(all), 0o600)
	if err == nil {
		var source recv.Source
		if source, err = capture.Open(path, capture.Options{}); err == nil {
			err = s.AddSource(source)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return nil
}

// pcapOf makes a capture of raw IPv4 datagrams to port 7148.
func pcapOf(packets [][]byte) []byte {
	const linkRaw, ipHeader, udpHeader = 101, 20, 8
	b := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, linkRaw, 0, 0, 0}
	for _, p := range packets {
		size := ipHeader + udpHeader + len(p)
		b = append(b, make([]byte, 8)...)
		b = binary.LittleEndian.AppendUint32(b, uint32(size))
		b = binary.LittleEndian.AppendUint32(b, uint32(size))
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(size))
		b = append(b, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2)
		b = append(b, 0x1b, 0xec, 0x1b, 0xec)
		b = binary.BigEndian.AppendUint16(b, uint16(udpHeader+len(p)))
		b = append(b, 0, 0)
		b = append(b, p...)
	}
	return b
}

// TestEveryBehaviourOverEverySource receives the same packets from every kind of source, and expects
// the same heaps and the same figures.
func TestEveryBehaviourOverEverySource(t *testing.T) {
	for _, k := range kinds() {
		for _, b := range behaviours() {
			if b.ordered && !k.ordered || b.undecodable && !k.packetwise {
				continue
			}
			t.Run(k.name+"/"+b.name, func(t *testing.T) { b.try(t, k) })
		}
	}
}

func TestClosingAStreamWhoseConsumerWaits(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s, err := recv.NewStream(recv.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			k.open(t, s, nil)
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			waiting := make(chan error)
			go func() {
				_, err := s.Next(t.Context())
				waiting <- err
			}()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := <-waiting; !errors.Is(err, recv.ErrStopped) || s.Err() != nil {
				t.Errorf("Next gave %v; the stream's error is %v", err, s.Err())
			}
		})
	}
}

func TestClosingAStreamThatWasNotStarted(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			s, err := recv.NewStream(recv.Config{})
			if err != nil {
				t.Fatal(err)
			}
			k.open(t, s, nil)
			if err := errors.Join(s.Close(), s.Close(), s.Err()); err != nil {
				t.Error(err)
			}
		})
	}
}
