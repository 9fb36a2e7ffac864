// SPDX-License-Identifier: Apache-2.0

package udp

import (
	"net"
	"net/netip"
	"testing"
)

func TestCloseEndsAWaitingReadBatch(t *testing.T) {
	r := newTestReceiver(t, ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")})
	result := make(chan error)
	go func() {
		_, err := r.ReadBatch(nil)
		result <- err
	}()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := <-result; err != net.ErrClosed {
		t.Errorf("ReadBatch returned %v", err)
	}
}

func TestAClosedSocketSaysSo(t *testing.T) {
	r := newTestReceiver(t, ReceiverConfig{Address: netip.MustParseAddrPort("127.0.0.1:0")})
	endpoints := []netip.AddrPort{r.LocalAddr()}
	s := newTestSender(t, SenderConfig{Endpoints: endpoints})
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	d := datagrams(newRandom(t), 100, 100)
	if n, err := s.WriteBatch(d); n != 0 || err != net.ErrClosed {
		t.Errorf("WriteBatch returned %d, %v", n, err)
	}
	if n, err := newSingleSender(s.conn, endpoints, &s.counters).write(d); n != 0 || err != net.ErrClosed {
		t.Errorf("singly, WriteBatch returned %d, %v", n, err)
	}
	if _, err := r.ReadBatch(nil); err != net.ErrClosed {
		t.Errorf("ReadBatch returned %v", err)
	}
	conn := newTestConn(t, netip.MustParseAddr("127.0.0.1"))
	conn.Close()
	if _, err := newSingleReceiver(conn, 100, &r.counters).read(nil); err != net.ErrClosed {
		t.Errorf("singly, ReadBatch returned %v", err)
	}
}
