// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"errors"
	"net"
	"net/netip"
	"os"

	"github.com/gospead/spead/internal/wire"
)

// singleSender sends one datagram with each system call: the portable way.
type singleSender struct {
	conn      *net.UDPConn
	endpoints []netip.AddrPort
	counters  *senderCounters
	gathered  []byte
}

func newSingleSender(conn *net.UDPConn, endpoints []netip.AddrPort, counters *senderCounters) *singleSender {
	for i := range counters.paths {
		counters.paths[i].gso.Store(uint32(GSODisabled))
	}
	return &singleSender{conn: conn, endpoints: endpoints, counters: counters}
}

func (s *singleSender) write(d []wire.Datagram) (n int, err error) {
	for n < len(d) {
		s.gathered = d[n].AppendTo(s.gathered[:0])
		endpoint := s.endpoints[d[n].Substream]
		s.counters.calls.Add(1)
		if _, err := s.conn.WriteToUDPAddrPort(s.gathered, endpoint); err != nil {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				s.counters.errnos.Add(err)
			}
			return n, sendError(endpoint, plainError(err))
		}
		s.counters.messages.Add(1)
		s.counters.datagrams.Add(1)
		n++
	}
	return n, nil
}

// singleReceiver reads one datagram with each system call: the portable way.
type singleReceiver struct {
	conn      *net.UDPConn
	counters  *ReceiverCounters
	packetMax int
	origins   originList
	buffer    []byte // one byte longer than packetMax, which shows that a datagram is too long
}

func newSingleReceiver(conn *net.UDPConn, packetMax int, counters *ReceiverCounters) *singleReceiver {
	return &singleReceiver{conn: conn, counters: counters, packetMax: packetMax, buffer: make([]byte, packetMax+1)}
}

func (s *singleReceiver) read(dst [][]byte) ([][]byte, error) {
	s.origins.reset()
	n, from, err := s.conn.ReadFromUDPAddrPort(s.buffer)
	s.counters.Calls++
	if err != nil && !isTruncation(err) {
		return dst, plainError(err)
	}
	s.counters.Messages++
	before := len(dst)
	dst = s.counters.accept(dst, s.buffer[:n], s.packetMax)
	s.origins.add(unmapped(from), len(dst)-before, int64(n))
	return dst, nil
}
