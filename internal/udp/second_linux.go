// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"slices"
)

// Second returns another way into the same socket, for a second goroutine: with messages and a
// descriptor of its own, but the socket's address, options and statistics. Closing s closes it too.
// It may be called once.
func (s *Sender) Second() (*Sender, error) {
	file, err := s.conn.File()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	conn, err := net.FilePacketConn(file)
	if err != nil {
		return nil, err
	}
	second := &Sender{conn: conn.(*net.UDPConn), sizes: s.sizes, bufferSize: s.bufferSize}
	raw, err := second.conn.SyscallConn()
	if err != nil {
		conn.Close()
		return nil, err
	}
	b := &batchSender{raw: raw, pause: s.batch.pause, connected: s.batch.connected, counters: s.batch.counters}
	b.destinations = slices.Clone(s.batch.destinations)
	b.call = b.sendmmsg
	second.batch, s.second = b, second
	return second, nil
}
