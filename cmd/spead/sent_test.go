// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// listen opens a UDP socket.
func listen(t *testing.T) *net.UDPConn {
	t.Helper()
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(loopback()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return socket
}

// packetsSent gives the packets that spead send sends with these arguments. They should be few enough
// for a socket's buffer.
func packetsSent(t *testing.T, args ...string) [][]byte {
	t.Helper()
	socket := listen(t)
	r := runHere(append([]string{"send", socket.LocalAddr().String(), "--json"}, args...)...)
	r.expect(t, exitOK, `^\{.*\}\n$`, `^$`)
	var sent sendResult
	if err := json.Unmarshal([]byte(r.out), &sent); err != nil {
		t.Fatal(err)
	}
	packets := make([][]byte, sent.Packets)
	for i := range packets {
		buffer := make([]byte, 65536)
		n, err := socket.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		packets[i] = buffer[:n]
	}
	return packets
}

// writeCapture writes a pcap file of raw IPv4 packets to UDP port 7148.
func writeCapture(t *testing.T, packets [][]byte) (path string) {
	t.Helper()
	le, be := binary.LittleEndian, binary.BigEndian
	file := le.AppendUint32(nil, 0xa1b2c3d4)
	file = le.AppendUint16(file, 2)
	file = le.AppendUint16(file, 4)
	file = append(file, make([]byte, 8)...)
	file = le.AppendUint32(file, 65535)
	file = le.AppendUint32(file, 101) // LINKTYPE_RAW
	for i, p := range packets {
		ip := []byte{0x45, 0}
		ip = be.AppendUint16(ip, uint16(28+len(p)))
		ip = append(ip, 0, 0, 0x40, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1)
		ip = be.AppendUint16(ip, 7147)
		ip = be.AppendUint16(ip, 7148)
		ip = be.AppendUint16(ip, uint16(8+len(p)))
		ip = append(ip, 0, 0) // no checksum
		ip = append(ip, p...)
		file = le.AppendUint32(file, uint32(i))
		file = le.AppendUint32(file, 0)
		file = le.AppendUint32(file, uint32(len(ip)))
		file = le.AppendUint32(file, uint32(len(ip)))
		file = append(file, ip...)
	}
	path = filepath.Join(t.TempDir(), "a capture")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// cloned gives packets that can be changed.
func cloned(packets [][]byte) [][]byte {
	copies := make([][]byte, len(packets))
	for i, p := range packets {
		copies[i] = slices.Clone(p)
	}
	return copies
}
