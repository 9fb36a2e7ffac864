// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/internal/udp/tap"
)

// readWait is for how long sockets are waited for at once.
const readWait = 100 * time.Millisecond

// Input is a side of a comparison: a capture, or sockets.
type Input struct {
	// Path is the capture. Default (empty): Endpoints are listened on.
	Path string
	// Filter says what to take from the capture, as pcap.Options does.
	Filter string
	// Endpoints are addresses to listen on, each a stream of its own.
	Endpoints []netip.AddrPort
	// Interface is where multicast groups are joined. Default (empty): the kernel chooses.
	Interface string
	// BufferSize is the size of sockets' buffers, 0 for the default.
	BufferSize int
}

// datagram is one of a side.
type datagram struct {
	tap.Datagram
	refusal spead.Refusal
}

// source gives a side's datagrams.
type source interface {
	// read gives the next, valid until the next call, or io.EOF. ctx ends sockets, not files.
	read(ctx context.Context) ([]datagram, error)
	// lost tells of frames that are something else, and of drops.
	lost() (foreign, drops int64)
	close() error
}

// destinations gives the addresses that a side's datagrams go to; it isn't known of a pipe.
func (in *Input) destinations() (list []netip.AddrPort, known bool, err error) {
	if in.Path == "" {
		return nil, false, nil
	}
	if info, err := os.Stat(in.Path); err != nil || !info.Mode().IsRegular() {
		return nil, false, err
	}
	reader, err := pcap.Open(in.Path, pcap.Options{Filter: in.Filter})
	if err != nil {
		return nil, false, err
	}
	defer reader.Close()
	seen := map[netip.AddrPort]bool{}
	for {
		d, err := reader.Next()
		if err != nil { // it comes again when the capture is read
			return list, true, nil
		}
		if d.Refusal == spead.Accepted && !seen[d.Destination] {
			seen[d.Destination] = true
			list = append(list, d.Destination)
		}
	}
}

// fileSource reads a capture.
type fileSource struct {
	path   string
	reader *pcap.Reader
	one    [1]datagram
}

func (f *fileSource) read(ctx context.Context) ([]datagram, error) {
	d, err := f.reader.Next()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.path, err)
	}
	if ctx.Err() != nil {
		return nil, io.EOF
	}
	f.one[0] = datagram{tap.Datagram{Payload: d.Payload, From: d.Source, To: d.Destination}, d.Refusal}
	if !d.Time.IsZero() {
		f.one[0].Nanos = d.Time.UnixNano()
	}
	return f.one[:], nil
}

func (f *fileSource) lost() (foreign, drops int64) { return f.reader.Foreign().Total(), 0 }

func (f *fileSource) close() error { return f.reader.Close() }

// liveSource reads sockets.
type liveSource struct {
	tap       *tap.Tap
	addrs     []netip.AddrPort
	arrived   []tap.Datagram
	datagrams []datagram
	// until is when ctx was seen to have ended, in nanoseconds since 1970; what came later isn't taken.
	until int64
	// idle is how many reads in a row have brought nothing since then.
	idle int
}

// openLive opens sockets.
func openLive(in *Input) (*liveSource, error) {
	l := &liveSource{}
	var conns []*net.UDPConn
	var err error
	for _, e := range in.Endpoints {
		cfg := udp.ReceiverConfig{Address: e, BufferSize: in.BufferSize}
		if e.Addr().IsMulticast() {
			cfg.Interface = in.Interface
		}
		var conn *net.UDPConn
		if conn, _, err = udp.Listen(cfg); err != nil {
			err = fmt.Errorf("listen on %v: %w", e, err)
			break
		}
		conns = append(conns, conn)
		l.addrs = append(l.addrs, udp.LocalAddr(conn))
	}
	if err == nil {
		l.tap, err = tap.New(conns, tap.Config{GRO: true})
	}
	if err != nil {
		for _, conn := range conns {
			conn.Close()
		}
		return nil, err
	}
	return l, nil
}

func (l *liveSource) read(ctx context.Context) ([]datagram, error) {
	wait := readWait
	if ctx.Err() != nil && l.until == 0 {
		l.until = time.Now().UnixNano()
	}
	if l.until != 0 {
		wait = 0
	}
	var err error
	if l.arrived, err = l.tap.Read(l.arrived[:0], wait); err != nil {
		return nil, err
	}
	if len(l.arrived) == 0 && wait == 0 {
		return nil, io.EOF
	}
	l.datagrams = l.datagrams[:0]
	for _, d := range l.arrived {
		if l.until != 0 && d.Nanos > l.until {
			continue
		}
		d.To = l.addrs[d.Socket]
		l.datagrams = append(l.datagrams, datagram{Datagram: d})
	}
	return l.datagrams, l.ends()
}

// ends says io.EOF when the sockets hold nothing more that came before the end: two rounds of all of them
// have brought nothing.
func (l *liveSource) ends() error {
	if l.until == 0 || len(l.datagrams) > 0 {
		l.idle = 0
		return nil
	}
	if l.idle++; l.idle < 2*len(l.addrs) {
		return nil
	}
	return io.EOF
}

func (l *liveSource) lost() (foreign, drops int64) {
	for i := range l.addrs {
		drops += l.tap.Drops(i)
	}
	return 0, drops
}

func (l *liveSource) close() error { return l.tap.Close() }
