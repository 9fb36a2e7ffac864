// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
)

const (
	defaultWindow        = 256
	defaultMemory        = 1 << 30
	defaultMaxHeapLength = 1 << 30
)

// Config configures Open.
type Config struct {
	// A and B are the two sides. There is no default.
	A, B Input
	// Window is how many heaps of a stream may be in progress, and how many of a side may wait for the other
	// side's. At least 1; default (0) 256.
	Window int
	// Memory is how much payload is in memory at most, in bytes. Default (0) 1 GiB.
	Memory int64
	// MaxHeapLength refuses longer heaps, in bytes. Default (0) 1 GiB.
	MaxHeapLength int64
	// Found is called for each heap that differs, by the goroutine that calls Run. Default (nil): they are
	// only counted.
	Found func(Difference)
}

// Comparison compares two sides.
type Comparison struct {
	cfg     Config
	streams *streams
	turns   [2]inTurn
	sides   [2]*side
	window  *window
	mu      sync.Mutex // guards progress
	heaps   int64
}

// Open opens both sides. Errors are those of captures and sockets.
func Open(cfg Config) (c *Comparison, err error) {
	if cfg.Window == 0 {
		cfg.Window = defaultWindow
	}
	if cfg.Memory == 0 {
		cfg.Memory = defaultMemory
	}
	if cfg.MaxHeapLength == 0 {
		cfg.MaxHeapLength = defaultMaxHeapLength
	}
	if cfg.Window < 1 {
		return nil, &spead.FieldError{Field: "Window", Value: cfg.Window, Allowed: "at least 1, or 0 for the default"}
	}
	c = &Comparison{cfg: cfg}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	var destinations [2][]netip.AddrPort
	known := true
	for i, in := range [2]*Input{&c.cfg.A, &c.cfg.B} {
		src, list, err := in.open()
		if err != nil {
			return c, err
		}
		known = known && list != nil
		destinations[i] = list
		c.turns[i].numbers = map[netip.AddrPort]int{}
		c.sides[i] = newSide(&c.cfg, src, c.turns[i].number)
	}
	c.window = newWindow(&c.cfg)
	for i, s := range c.sides {
		c.window.give[i] = s.memory.give
	}
	c.pair(destinations, known)
	return c, nil
}

// pair settles which destinations belong together.
func (c *Comparison) pair(destinations [2][]netip.AddrPort, known bool) {
	live := [2]bool{c.cfg.A.Path == "", c.cfg.B.Path == ""}
	switch {
	case live[0] && live[1]: // in the order in which they were given
		for i := range c.turns {
			for _, d := range destinations[i] {
				c.turns[i].number(d)
			}
		}
	case known:
		c.streams = pair(destinations[0], destinations[1])
		for i := range c.turns {
			c.turns[i].numbers = c.streams.numbers[i]
		}
	}
}

// open opens a side, and tells its destinations; none if they can't be known.
func (in *Input) open() (source, []netip.AddrPort, error) {
	if in.Path == "" {
		live, err := openLive(in)
		if err != nil {
			return nil, nil, err
		}
		return live, live.addrs, nil
	}
	list, known, err := in.destinations()
	if err != nil {
		return nil, nil, err
	}
	reader, err := pcap.Open(in.Path, pcap.Options{Filter: in.Filter})
	if err != nil {
		return nil, nil, err
	}
	if known && list == nil {
		list = []netip.AddrPort{}
	}
	return &fileSource{path: in.Path, reader: reader}, list, nil
}

// Addrs are the addresses that a side's sockets are bound to; none of a capture.
func (c *Comparison) Addrs(side int) []netip.AddrPort {
	if live, ok := c.sides[side].source.(*liveSource); ok {
		return live.addrs
	}
	return nil
}

// Close closes both sides.
func (c *Comparison) Close() error {
	var err error
	for _, s := range c.sides {
		if s != nil {
			err = errors.Join(err, s.source.close())
		}
	}
	return err
}

// Run compares until both sides have ended; ctx ends sockets, and what was read of captures is compared.
// An error is about a capture that can't be read on, or a socket; what was compared until then is in the
// report. It may be called once.
func (c *Comparison) Run(ctx context.Context) (*Report, error) {
	done := make(chan struct{})
	var reading sync.WaitGroup
	for _, s := range c.sides {
		reading.Go(func() { s.run(ctx, done) })
	}
	c.match()
	close(done)
	reading.Wait()
	c.window.end()
	r := &c.window.report
	r.A, r.B = c.sides[0].report, c.sides[1].report
	r.Streams = c.pairs()
	var errs []error
	for i, s := range c.sides {
		if s.err != nil {
			errs = append(errs, fmt.Errorf("%c: %w", 'A'+i, s.err))
		}
	}
	return r, errors.Join(errs...)
}

// match takes heaps of both sides until both have ended. A capture is read while it isn't ahead of the
// other side.
func (c *Comparison) match() {
	channels := [2]chan *heap{c.sides[0].heaps, c.sides[1].heaps}
	for channels[0] != nil || channels[1] != nil {
		open := channels
		ahead := c.window.waiting[0].count - c.window.waiting[1].count
		switch {
		case channels[0] == nil || channels[1] == nil:
		case c.cfg.A.Path != "" && ahead > 0:
			open[0] = nil
		case c.cfg.B.Path != "" && (ahead < 0 || ahead == 0 && c.cfg.A.Path != ""):
			open[1] = nil
		}
		select {
		case h, ok := <-open[0]:
			c.take(0, h, ok, &channels)
		case h, ok := <-open[1]:
			c.take(1, h, ok, &channels)
		}
	}
}

func (c *Comparison) take(side int, h *heap, ok bool, channels *[2]chan *heap) {
	if !ok {
		channels[side] = nil
		return
	}
	c.window.add(side, h)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heaps++
}

// Heaps is how many heaps of both sides were compared. Any goroutine may call it.
func (c *Comparison) Heaps() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heaps
}

// pairs lists the destinations that belong together.
func (c *Comparison) pairs() []Stream {
	if c.streams != nil {
		return c.streams.list
	}
	list := make([]Stream, max(len(c.turns[0].numbers), len(c.turns[1].numbers)))
	for d, n := range c.turns[0].numbers {
		list[n].A = d
	}
	for d, n := range c.turns[1].numbers {
		list[n].B = d
	}
	return list
}
