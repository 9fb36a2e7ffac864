// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gospead/spead/internal/framing"
	"github.com/gospead/spead/internal/nap"
)

// tcpSingle takes the packets of one connection in the goroutine that reads it: to hand over what was
// read costs as much as to read it.
type tcpSingle struct {
	*tcpSource
	conn  net.Conn
	bytes byteSource
	// brief says that the last read, at the time last, brought little.
	brief bool
	last  time.Time
}

const (
	// briefRead is what a read should bring, in bytes, to be worth a wake-up. Where it brought less and
	// the next one comes within flowEnd, the connection is given the time collect to bring more; its
	// buffer (see defaultTCPBuffer) holds far more than comes in that.
	briefRead = 128 << 10
	flowEnd   = 500 * time.Microsecond
	collect   = 50 * time.Microsecond
)

// newTCPSingle returns a source for the next connection of t's listener.
func newTCPSingle(t *tcpSource) *tcpSingle {
	return &tcpSingle{tcpSource: t, bytes: byteSource{cutter: framing.NewCutter(t.cfg.MaxPacketSize)}}
}

func (t *tcpSingle) ReadBatch(b *Batch) error {
	if t.conn == nil {
		if err := t.take(); err != nil {
			return t.reason(err)
		}
		b.Connections += t.news()
	}
	if t.brief && time.Since(t.last) < flowEnd {
		nap.Sleep(collect)
	}
	n, err := t.bytes.cutter.ReadOnce(t.conn)
	t.brief, t.last = n < briefRead, time.Now()
	t.bytes.cut(b, err)
	if err != nil && !errors.Is(err, io.EOF) && !t.isClosed() {
		b.ConnectionsFailed++
		err = fmt.Errorf("receive from %v: %w", t.conn.RemoteAddr(), err)
	}
	return t.reason(err)
}

// take accepts the connection.
func (t *tcpSingle) take() error {
	conn, err := t.accept()
	t.listener.Close()
	if err != nil {
		return err
	}
	t.conn = conn
	if !t.enter(&tcpConn{Conn: conn}) {
		return net.ErrClosed
	}
	return nil
}

// reason gives the error with which the source ends: what closing causes is no error of its own.
func (t *tcpSingle) reason(err error) error {
	if err != nil && t.isClosed() {
		return net.ErrClosed
	}
	return err
}
