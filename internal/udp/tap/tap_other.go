// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package tap

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Tap reads sockets. One goroutine may call Read and Drops at a time, any Close.
type Tap struct {
	conns   []*net.UDPConn
	arrived chan arrival
	woken   chan struct{}
	closed  chan struct{}
	closing atomic.Bool
	readers sync.WaitGroup
}

// arrival is what a socket's goroutine has read.
type arrival struct {
	datagram Datagram
	err      error
}

// queued is how many datagrams may wait for Read.
const queued = 256

// New takes over sockets, which are closed with the Tap; if there is an error, they are still the
// caller's.
func New(conns []*net.UDPConn, _ Config) (*Tap, error) {
	t := &Tap{conns: conns, arrived: make(chan arrival, queued), woken: make(chan struct{}, 1), closed: make(chan struct{})}
	for i := range conns {
		t.readers.Go(func() { t.readSocket(i) })
	}
	return t, nil
}

func (t *Tap) readSocket(number int) {
	conn := t.conns[number]
	to := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	buffer := make([]byte, 64<<10)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		now := time.Now().UnixNano()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		a := arrival{Datagram{append([]byte(nil), buffer[:n]...), from, to, now, number}, err}
		select {
		case t.arrived <- a:
		case <-t.closed:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read appends datagrams that have arrived to dst, after waiting for at most so long for there to be
// any. Close makes it return net.ErrClosed.
func (t *Tap) Read(dst []Datagram, wait time.Duration) ([]Datagram, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case a := <-t.arrived:
		if a.err != nil {
			return dst, a.err
		}
		return append(dst, a.datagram), nil
	case <-t.closed:
		return dst, net.ErrClosed
	case <-t.woken:
	case <-timer.C:
	}
	return dst, nil
}

// Drops is 0: the system doesn't tell.
func (t *Tap) Drops(int) int64 { return 0 }

// Wake makes a waiting Read return.
func (t *Tap) Wake() {
	select {
	case t.woken <- struct{}{}:
	default:
	}
}

// Close closes the sockets.
func (t *Tap) Close() (err error) {
	if t.closing.Swap(true) {
		return nil
	}
	close(t.closed)
	for _, conn := range t.conns {
		err = errors.Join(err, conn.Close())
	}
	t.readers.Wait()
	return err
}
