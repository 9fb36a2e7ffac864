// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/inspect"
	"github.com/gospead/spead/internal/udp"
)

const (
	// packetMost takes all datagrams that there may be.
	packetMost = 65535
	// lookUp is how long a reader waits for datagrams before it looks whether to stop.
	lookUp = 50 * time.Millisecond
	// leastLeft is how many bytes are read after the stop at least, where nobody knows the buffer's size.
	leastLeft = 1 << 20
)

// socket is a UDP socket.
type socket struct {
	live     *Live
	receiver *udp.Receiver
	before   udp.ReceiverCounters
	// pending is what no parcel has told of yet.
	pending inspect.Counts
	list    [][]byte
}

// openSocket opens a socket. It doesn't use receive offload, with which the kernel counts several
// datagrams that it drops as one.
func (l *Live) openSocket(cfg Config, address netip.AddrPort) (*socket, error) {
	receiver, err := udp.NewReceiver(udp.ReceiverConfig{
		Address: address, Interface: cfg.Interface, Senders: cfg.Senders, BufferSize: cfg.BufferSize,
		MaxPacketSize: packetMost, GRO: udp.OffloadOff,
	})
	var field *spead.FieldError
	if errors.As(err, &field) {
		err = field.Within("feed.Config")
	}
	if err != nil {
		return nil, err
	}
	return &socket{live: l, receiver: receiver}, nil
}

// stop makes read return.
func (s *socket) stop() {
	if !s.receiver.Pollable() {
		s.receiver.Close()
	}
}

// read reads until the stop, and then what was left in the socket.
func (s *socket) read() error {
	err := s.readOn()
	if s.receiver.Pollable() && err == nil {
		err = s.readRest()
		s.receiver.Refresh()
	}
	s.note()
	last := s.live.queue.parcel(s.receiver.LocalAddr())
	last.counts = s.pending
	s.live.queue.parcels <- last // it is looked at as long as this goroutine runs
	if errors.Is(err, net.ErrClosed) && s.live.stopped.Load() {
		return nil
	}
	return err
}

func (s *socket) readOn() error {
	for !s.live.stopped.Load() {
		var err error
		if s.receiver.Pollable() {
			s.list, err = s.receiver.TryReadBatch(s.list[:0])
		} else {
			s.list, err = s.receiver.ReadBatch(s.list[:0])
		}
		if err != nil {
			return err
		}
		if len(s.list) > 0 {
			s.hand()
		} else if s.receiver.Pollable() {
			s.receiver.WaitFor(lookUp)
		}
	}
	return nil
}

// readRest reads what is in the socket's buffer, and stops where more comes than there may have been.
func (s *socket) readRest() error {
	left := max(s.receiver.BufferSize(), leastLeft)
	for left > 0 {
		var err error
		if s.list, err = s.receiver.TryReadBatch(s.list[:0]); err != nil || len(s.list) == 0 {
			return err
		}
		for _, d := range s.list {
			left -= len(d)
		}
		s.hand()
	}
	return nil
}

// note adds what has happened to the socket to what is to be told.
func (s *socket) note() {
	now := s.receiver.Counters()
	s.pending.KernelDrops += now.KernelDrops - s.before.KernelDrops
	s.pending.Fragmented += now.Fragmented - s.before.Fragmented
	s.pending.TooLong += now.TooLong - s.before.TooLong
	s.pending.Empty += now.Empty - s.before.Empty
	s.before = now
}

// hand puts what was read into the queue, or counts it if that is full.
func (s *socket) hand() {
	s.note()
	p := s.live.queue.parcel(s.receiver.LocalAddr())
	p.at = time.Now()
	i := 0
	for _, o := range s.receiver.Origins() {
		for range o.Datagrams {
			p.add(o.Addr, s.list[i])
			i++
		}
	}
	for ; i < len(s.list); i++ {
		p.add(netip.AddrPort{}, s.list[i])
	}
	s.live.packets.Add(int64(len(p.pieces)))
	s.live.bytes.Add(int64(len(p.bytes)))
	p.counts = s.pending
	if s.live.queue.try(p) {
		s.pending = inspect.Counts{}
		return
	}
	s.pending.QueueDrops += int64(len(p.pieces))
}
