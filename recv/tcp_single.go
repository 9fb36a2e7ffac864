// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/gospead/spead/internal/framing"
	"github.com/gospead/spead/internal/tcp"
)

// tcpSingle takes the packets of one connection, in whatever goroutine runs the stream's loop: to hand
// over what was read would cost more than to read it.
type tcpSingle struct {
	*tcpSource
	bytes byteSource

	// connMu guards what follows. It is not held while anything is waited for.
	connMu sync.Mutex
	conn   *tcp.Conn
	peer   string
	err    error // with which accepting ended
}

// newTCPSingle returns a source for the next connection of t's listener.
func newTCPSingle(t *tcpSource) *tcpSingle {
	return &tcpSingle{tcpSource: t, bytes: byteSource{cutter: framing.NewCutter(t.cfg.MaxPacketSize)}}
}

// Wait waits for the connection or, once there is one, for something to read.
func (t *tcpSingle) Wait() error {
	conn, err := t.connection()
	switch {
	case err != nil:
		return err
	case conn != nil:
		return conn.Wait()
	}
	conn, err = t.take()
	t.connMu.Lock()
	defer t.connMu.Unlock()
	t.conn, t.err = conn, err
	return err
}

func (t *tcpSingle) connection() (*tcp.Conn, error) {
	t.connMu.Lock()
	defer t.connMu.Unlock()
	return t.conn, t.err
}

// take accepts the connection.
func (t *tcpSingle) take() (*tcp.Conn, error) {
	conn, err := t.accept()
	t.listener.Close()
	if err != nil {
		return nil, err
	}
	if !t.enter(&tcpConn{Conn: conn}) {
		return nil, net.ErrClosed
	}
	t.peer = conn.RemoteAddr().String()
	try, err := tcp.NewConn(conn.(*net.TCPConn))
	if err != nil {
		return nil, err
	}
	return try, nil
}

func (t *tcpSingle) TryReadBatch(b *Batch) error {
	conn, err := t.connection()
	if conn == nil || err != nil {
		return t.reason(err)
	}
	b.Connections += t.news()
	n, err := conn.TryRead(t.bytes.cutter.Room())
	t.bytes.cutter.Filled(n)
	t.bytes.cut(b, err)
	if err != nil && err != io.EOF && !t.isClosed() {
		b.ConnectionsFailed++
		err = fmt.Errorf("receive from %s: %w", t.peer, err)
	}
	return t.reason(err)
}

// reason gives the error with which the source ends: what closing causes is no error of its own.
func (t *tcpSingle) reason(err error) error {
	if err != nil && t.isClosed() {
		return net.ErrClosed
	}
	return err
}
