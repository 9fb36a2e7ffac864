// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/internal/udp/tap"
)

// napBuffer is from which size of socket buffers on datagrams may queue up for a moment.
const napBuffer = 2 << 20

// sockets is an origin that takes no privilege: UDP sockets.
type sockets struct {
	tap *tap.Tap
	// inlets are the recorder's.
	inlets []inlet
	// arrived is kept from read to read.
	arrived []tap.Datagram
}

// openOrigin opens where datagrams come from.
func (c *RecorderConfig) openOrigin() (origin, []inlet, error) {
	if c.PacketRing {
		return c.openRing()
	}
	s := &sockets{}
	var conns []*net.UDPConn
	nap := true
	for _, endpoint := range c.Endpoints {
		cfg := udp.ReceiverConfig{Address: endpoint, BufferSize: c.BufferSize, Senders: c.Senders}
		if endpoint.Addr().IsMulticast() {
			cfg.Interface = c.Interface
		}
		conn, granted, err := udp.Listen(cfg)
		if err != nil {
			closeAll(conns)
			return nil, nil, named(endpoint, err)
		}
		nap = nap && granted >= napBuffer
		conns = append(conns, conn)
		s.inlets = append(s.inlets, inlet{endpoint: udp.LocalAddr(conn)})
	}
	s.nameDevices(c.Interface)
	var err error
	if s.tap, err = tap.New(conns, tap.Config{GRO: !c.NoGRO, Nap: nap}); err != nil {
		closeAll(conns)
		return nil, nil, err
	}
	return s, s.inlets, nil
}

// named names the configuration's field in an error, or else the endpoint.
func named(endpoint netip.AddrPort, err error) error {
	var field *spead.FieldError
	if !errors.As(err, &field) {
		return fmt.Errorf("listen on %v: %w", endpoint, err)
	}
	if field.Field == "Address" {
		field = &spead.FieldError{Field: "Endpoints", Value: field.Value, Allowed: field.Allowed}
	}
	return field.Within("capture.RecorderConfig")
}

func closeAll(conns []*net.UDPConn) {
	for _, conn := range conns {
		conn.Close()
	}
}

// nameDevices notes which device datagrams come by, where that is known.
func (s *sockets) nameDevices(text string) {
	device, err := udp.ParseInterface(text)
	if err != nil || device == nil {
		return
	}
	for i := range s.inlets {
		s.inlets[i].device = device.Name
		s.inlets[i].deviceBefore = deviceDrops(device.Name)
	}
}

func (s *sockets) read(r *Recorder, wait time.Duration) (some bool, err error) {
	s.arrived, err = s.tap.Read(s.arrived[:0], wait)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range s.arrived {
		r.takeDatagram(&s.arrived[i])
	}
	return len(s.arrived) > 0, err
}

func (s *sockets) drops(number int) (system, device int64) {
	in := &s.inlets[number]
	if in.device != "" {
		device = deviceDrops(in.device) - in.deviceBefore
	}
	return s.tap.Drops(number), device
}

func (s *sockets) addrs() []netip.AddrPort {
	list := make([]netip.AddrPort, len(s.inlets))
	for i := range s.inlets {
		list[i] = s.inlets[i].endpoint
	}
	return list
}

func (s *sockets) settles() time.Duration { return 0 }

func (s *sockets) wake() { s.tap.Wake() }

func (s *sockets) close() error { return s.tap.Close() }
