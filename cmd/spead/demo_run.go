// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pattern"
	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/recv"
	"github.com/gospead/spead/send"
)

const (
	// demoPacketBytes is what fits into Ethernet's usual jumbo frames, and into the largest datagrams
	// that macOS lets through by default (9216 bytes).
	demoPacketBytes = 8968
	// demoItem is the id of the one item in each heap.
	demoItem = firstItem
	// Heaps are small enough for the window to hold several, and no larger than is good for the cache.
	demoHeapMin, demoHeapMax = 16 << 10, 512 << 10
	// demoWindowMax is how many heaps may be under way however large the buffer is.
	demoWindowMax = 8
	// demoPatience is how long a heap may be under way before it is taken to be lost.
	demoPatience = 2 * time.Second
)

// demoRun sends heaps to itself. The sender knows what the receiver has got, and keeps no more under
// way than the socket's buffer can hold: on the way back there is nothing to lose.
type demoRun struct {
	address   netip.AddrPort
	heapBytes int
	window    int64
	table     *pattern.Table
	sender    *send.Stream
	receiver  *recv.Stream

	sent int64
	// arrived is the cnt of the latest heap to arrive, and changed says that it is another.
	arrived  atomic.Int64
	changed  chan struct{}
	patience *time.Timer // for what is under way

	// The consumer alone writes these.
	received, verified, incomplete int64
	elapsed                        time.Duration
}

func newDemoRun() (*demoRun, error) {
	d := &demoRun{changed: make(chan struct{}, 1), patience: time.NewTimer(demoPatience)}
	if err := d.measure(); err != nil {
		return nil, err
	}
	d.table = pattern.NewTable(d.heapBytes)
	var err error
	d.receiver, err = recv.NewStream(recv.Config{Incomplete: true, QueueHeaps: int(d.window) + 1})
	if err != nil {
		return nil, err
	}
	if err := d.connect(); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// measure finds out how large a socket's buffer the system grants, and fits heaps and window to it.
// A packet takes about twice its size of what the kernel grants, which it doubles: half of that is
// used, so that there is room to spare.
func (d *demoRun) measure() error {
	probe, err := udp.NewReceiver(udp.ReceiverConfig{Address: loopback()})
	if err != nil {
		return err
	}
	granted := probe.BufferSize()
	if granted == 0 {
		granted = 2 * demoHeapMin
	}
	if err := probe.Close(); err != nil {
		return err
	}
	room := granted / 2
	d.heapBytes = demoHeapMin
	for d.heapBytes < demoHeapMax && 8*d.heapBytes <= room {
		d.heapBytes *= 2
	}
	d.window = int64(max(1, min(room/d.heapBytes, demoWindowMax)))
	return nil
}

// loopback leaves the choice of the port to the system.
func loopback() netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0) }

// connect opens the sockets and begins to receive.
func (d *demoRun) connect() error {
	if err := d.receiver.AddUDP(recv.UDPConfig{Address: loopback()}); err != nil {
		return err
	}
	d.address = d.receiver.Addrs()[0]
	var err error
	d.sender, err = send.NewUDP(send.UDPConfig{
		Config:    send.Config{MaxPacketSize: demoPacketBytes},
		Endpoints: []netip.AddrPort{d.address},
	})
	if err != nil {
		return err
	}
	return d.receiver.Start()
}

func (d *demoRun) close() {
	if d.sender != nil {
		d.sender.Close()
	}
	d.receiver.Close()
}

// run sends and receives until ctx ends. The consumer ends at the stop heap that follows, or when
// nothing has come for too long.
func (d *demoRun) run(ctx context.Context) error {
	consumed := make(chan struct{})
	go func() {
		defer close(consumed)
		d.consume()
	}()
	began := time.Now()
	err := d.send(ctx)
	if err == nil {
		err = d.stop()
	}
	select {
	case <-consumed:
	case <-time.After(demoPatience): // the stop heap is lost
		d.receiver.Close()
		<-consumed
	}
	d.elapsed = time.Since(began)
	return err
}

// send sends heaps, as many at a time as the window allows, but at least one.
func (d *demoRun) send(ctx context.Context) error {
	h := send.NewHeap(spead.Flavour{})
	whole := context.WithoutCancel(ctx)
	for d.sent == 0 || d.waitForRoom(ctx) {
		if err := d.sendNext(whole, h); err != nil {
			return err
		}
	}
	return nil
}

// sendNext sends the next heap. h is used again.
func (d *demoRun) sendNext(ctx context.Context, h *send.Heap) error {
	h.Reset()
	h.AddItem(demoItem, d.table.Heap(spead.HeapCnt(d.sent+1)))
	if _, err := d.sender.Send(ctx, h); err != nil {
		return err
	}
	d.sent++
	return nil
}

// waitForRoom waits until another heap may be under way; false means that ctx has ended. Heaps that
// have been under way for too long are given up.
func (d *demoRun) waitForRoom(ctx context.Context) bool {
	for ctx.Err() == nil && d.sent-d.arrived.Load() >= d.window {
		d.patience.Reset(demoPatience)
		select {
		case <-d.changed:
		case <-ctx.Done():
		case <-d.patience.C:
			d.arrived.Store(d.sent)
		}
	}
	return ctx.Err() == nil
}

// stop ends the stream.
func (d *demoRun) stop() error {
	h := send.NewHeap(spead.Flavour{})
	h.AddStop()
	if _, err := d.sender.Send(context.Background(), h); err != nil {
		return fmt.Errorf("end the stream: %w", err)
	}
	return nil
}

// consume takes heaps until the stream has ended.
func (d *demoRun) consume() {
	for h := range d.receiver.Heaps(context.Background()) {
		d.check(h)
		d.arrived.Store(max(d.arrived.Load(), int64(h.Cnt())))
		h.Release()
		select {
		case d.changed <- struct{}{}:
		default:
		}
	}
}

// check compares a heap with what was sent.
func (d *demoRun) check(h *recv.Heap) {
	if !h.Complete() {
		d.incomplete++
		return
	}
	d.received++
	for item := range h.Items() {
		if item.ID == demoItem && bytes.Equal(item.Value, d.table.Heap(h.Cnt())) {
			d.verified++
			return
		}
	}
}

func (d *demoRun) result() demoResult {
	payload := d.verified * int64(d.heapBytes)
	seconds := d.elapsed.Seconds()
	return demoResult{
		Sent:       d.sent,
		Received:   d.received,
		Verified:   d.verified,
		Incomplete: d.incomplete,
		Bytes:      payload,
		Seconds:    seconds,
		Rate:       gigabits(payload, seconds),
		Stats:      d.receiver.Stats(),
	}
}
