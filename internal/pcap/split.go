// SPDX-License-Identifier: Apache-2.0

package pcap

import "encoding/binary"

// Segments takes a frame apart that the system has joined of several, or not split yet, on the way to
// or from a network device. One goroutine may use it at a time.
type Segments struct {
	frame  frame
	memory []byte
}

// Each gives the frames of a UDP datagram whose payload is that of several, each of so many bytes but for
// the last; they are valid until the next. It gives none, and false, if the frame isn't such a datagram.
//
// Over IPv4 the frames have no UDP checksum, over IPv6 a right one: that of the whole is of no use.
func (s *Segments) Each(frame []byte, segment int, found func(frame []byte)) bool {
	f := &s.frame
	v := f.parse(&record{data: frame, length: uint32(len(frame)), link: linkEthernet})
	// The checksum of the whole may be still to be computed, or be about something else.
	if v != whole && v != contradictory || f.transport == 0 || segment <= 0 {
		return false
	}
	header := f.transport + udpHeaderBytes
	for rest := frame[header:]; len(rest) > 0; {
		n := min(segment, len(rest))
		s.memory = append(append(s.memory[:0], frame[:header]...), rest[:n]...)
		s.mend(n)
		found(s.memory)
		rest = rest[n:]
	}
	return true
}

// mend makes the headers in memory those of a datagram with n bytes of payload.
func (s *Segments) mend(n int) {
	f := &s.frame
	udp := s.memory[f.transport:]
	binary.BigEndian.PutUint16(udp[4:], uint16(udpHeaderBytes+n))
	udp[6], udp[7] = 0, 0
	ip := s.memory[f.network:]
	if f.version == 6 {
		binary.BigEndian.PutUint16(ip[4:], uint16(len(ip)-ipv6HeaderBytes))
		putChecksum(udp, ip[8:ipv6HeaderBytes])
		return
	}
	binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
	ip[10], ip[11] = 0, 0
	binary.NativeEndian.PutUint16(ip[10:], ^checksumFold(checksumAdd(0, ip[:f.transport-f.network])))
}
