// SPDX-License-Identifier: Apache-2.0

package packetizer

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vectorsReplaced says whether the vectors are others than those of the repository.
func vectorsReplaced() bool { return os.Getenv("SPEAD_VECTORS") != "" }

// vectorPackets gives the UDP payloads of every vector that is a classic little-endian Ethernet
// capture, by name. The directory can be replaced by the environment variable SPEAD_VECTORS.
func vectorPackets(tb testing.TB) map[string][][]byte {
	tb.Helper()
	dir := os.Getenv("SPEAD_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "testdata", "vectors")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.pcap"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("find vectors in %s: %d files, %v", dir, len(files), err)
	}
	packets := make(map[string][][]byte)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		if found := capturedPackets(content); len(found) > 0 {
			packets[strings.TrimSuffix(filepath.Base(file), ".pcap")] = found
		}
	}
	return packets
}

// capturedPackets gives the UDP payloads of a capture; other frames are left out.
func capturedPackets(b []byte) [][]byte {
	const fileHeader, recordHeader, ethernet, udp = 24, 16, 14, 8
	le, be := binary.LittleEndian, binary.BigEndian
	if len(b) < fileHeader || le.Uint32(b) != 0xa1b2c3d4 || le.Uint32(b[20:]) != 1 {
		return nil
	}
	var packets [][]byte
	for b = b[fileHeader:]; len(b) >= recordHeader; {
		length := int(le.Uint32(b[8:]))
		frame := b[recordHeader : recordHeader+length]
		b = b[recordHeader+length:]
		if len(frame) < ethernet+20 || be.Uint16(frame[12:]) != 0x0800 || frame[ethernet+9] != 17 ||
			be.Uint16(frame[ethernet+6:])&0x3fff != 0 {
			continue
		}
		datagram := frame[ethernet+int(frame[ethernet]&15)*4:]
		if len(datagram) >= udp && len(datagram) >= int(be.Uint16(datagram[4:])) {
			packets = append(packets, datagram[udp:be.Uint16(datagram[4:])])
		}
	}
	return packets
}
