// SPDX-License-Identifier: Apache-2.0

package udp

import "net"

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
	b.destinations = make([]destination, len(s.batch.destinations))
	for i := range b.destinations {
		b.destinations[i] = s.batch.destinations[i].twin(GSOState(s.batch.counters.paths[i].gso.Load()))
	}
	b.call = b.sendmmsg
	second.batch, s.second = b, second
	return second, nil
}

// twin gives the same destination for another way in. What is known of offload belongs to who writes by
// this one, who may be writing now; shown is what the statistics say of it.
func (d *destination) twin(shown GSOState) destination {
	other := destination{endpoint: d.endpoint, name: d.name, nameSize: d.nameSize, messageMax: d.messageMax}
	if shown == GSODisabled {
		other.gso.state = GSODisabled
	}
	return other
}
