// SPDX-License-Identifier: Apache-2.0

package vectors

import (
	"encoding/binary"
	"os"
)

// readDatagrams gives the UDP payloads of a capture that is as most vectors are: classic
// little-endian pcap in microseconds, Ethernet, IPv4, whole frames. Of any other it returns false.
// This is not internal/pcap on purpose: what is right must not depend on the code under test.
func readDatagrams(path string) (datagrams [][]byte, ok bool, err error) {
	const (
		magic        = 0xa1b2c3d4
		ethernet     = 1
		fileHeader   = 24
		recordHeader = 16
	)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, false, err
	}
	if len(data) < fileHeader || binary.LittleEndian.Uint32(data) != magic ||
		binary.LittleEndian.Uint32(data[20:]) != ethernet {
		return nil, false, nil
	}
	for data = data[fileHeader:]; len(data) >= recordHeader; {
		captured := int64(binary.LittleEndian.Uint32(data[8:]))
		original := int64(binary.LittleEndian.Uint32(data[12:]))
		data = data[recordHeader:]
		if captured != original || captured > int64(len(data)) {
			return nil, false, nil
		}
		payload, ok := udpPayload(data[:captured])
		if !ok {
			return nil, false, nil
		}
		datagrams = append(datagrams, payload)
		data = data[captured:]
	}
	return datagrams, true, nil
}

// udpPayload takes a frame apart that is Ethernet, IPv4, UDP, and nothing unusual.
func udpPayload(frame []byte) (payload []byte, ok bool) {
	const (
		ipAt     = 14
		ipHeader = 20
		udpAt    = ipAt + ipHeader
		udpSize  = 8
	)
	if len(frame) < udpAt+udpSize || binary.BigEndian.Uint16(frame[12:]) != 0x0800 ||
		frame[ipAt] != 0x45 || frame[ipAt+9] != 17 || binary.BigEndian.Uint16(frame[ipAt+6:])&0x3fff != 0 {
		return nil, false
	}
	length := int(binary.BigEndian.Uint16(frame[udpAt+4:]))
	if length < udpSize || udpAt+length > len(frame) {
		return nil, false
	}
	return frame[udpAt+udpSize : udpAt+length], true
}
