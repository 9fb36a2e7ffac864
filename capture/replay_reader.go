// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/rewrite"
)

const (
	// A stretch holds datagrams that were read ahead: so many bytes, or so many datagrams. All of them
	// outlast a disk that stalls for 100 ms at 5 Gb/s.
	stretchBytes     = 1 << 20
	stretchDatagrams = 4096
	stretches        = 64
	// payloadMax is the longest payload of a datagram.
	payloadMax = 65527
)

// stretch is a piece of a capture, ready to be sent.
type stretch struct {
	memory    []byte
	datagrams []replayed
	// loop is the number of the loop that the datagrams belong to, from 0.
	loop int
	// counts is what was found in the capture since the last stretch.
	counts readCounts
	// err is what ends the replay after these datagrams: io.EOF after the last loop.
	err error
}

// replayed is a datagram of a stretch.
type replayed struct {
	payload []byte
	// at is when it is to leave by the capture's times, in nanoseconds from the first one.
	at int64
	// to is the number of its endpoint.
	to int
}

// readCounts counts what isn't sent, and what is remarkable of what is.
type readCounts struct {
	refused, foreign, unmapped, backwards, rewritten, addressed int64
}

// replayReader reads a capture ahead, loop after loop.
type replayReader struct {
	cfg     *ReplayConfig
	numbers map[netip.AddrPort]int
	changes []rewrite.Change // of this loop
	spans   []uint64
	last    struct {
		from netip.AddrPort // of numbers: captured
		to   int
		is   bool // known
	}
	// base is when this loop begins, first the capture's first time, latest when the last datagram was
	// due, and count how many there were in this loop.
	base, latest, count int64
	first               time.Time
	counts              readCounts

	free, ready chan *stretch
	done        chan struct{} // closed when nothing is wanted any more
}

// survey measures how much the items to rewrite grow in a loop, where that wasn't configured.
func (p *replayReader) survey() error {
	p.spans = make([]uint64, len(p.cfg.Rewrite))
	p.changes = make([]rewrite.Change, len(p.cfg.Rewrite))
	surveys := make([]rewrite.Survey, len(p.cfg.Rewrite))
	needed := false
	for i, item := range p.cfg.Rewrite {
		p.changes[i].ID, surveys[i].ID, p.spans[i] = item.ID, item.ID, item.Span
		needed = needed || item.Span == 0 && p.cfg.Loops != 1
	}
	if !needed {
		return nil
	}
	err := p.eachDatagram(func(d *pcap.Datagram) {
		for i := range surveys {
			surveys[i].Add(d.Payload)
		}
	})
	if err != nil {
		return err
	}
	for i := range surveys {
		if p.spans[i] != 0 {
			continue
		}
		if p.spans[i] = surveys[i].Span(); p.spans[i] == 0 {
			values, addressed := surveys[i].Values()
			return &spead.FieldError{
				Field: "capture.ReplayConfig.Rewrite", Value: fmt.Sprintf("item %#x without a span", uint64(surveys[i].ID)),
				Allowed: fmt.Sprintf("items whose immediate values grow in the capture, or with a span: there are %d immediate values and %d in the payload", values, addressed),
			}
		}
	}
	return nil
}

// eachDatagram reads all of the capture.
func (p *replayReader) eachDatagram(found func(d *pcap.Datagram)) error {
	file, err := pcap.Open(p.cfg.Path, pcap.Options{Filter: p.cfg.Filter})
	if err != nil {
		return err
	}
	defer file.Close()
	for {
		d, err := file.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.cfg.Path, err)
		}
		found(&d)
	}
}

// run reads until the last loop has ended, or done is closed. The first loop reads the file given.
func (p *replayReader) run(file *pcap.Reader) {
	defer close(p.ready)
	for loop := 0; ; loop++ {
		for i := range p.changes {
			p.changes[i].Add = p.spans[i] * uint64(loop)
		}
		err := p.readLoop(file, loop)
		if err == nil {
			return
		}
		last := loop+1 == p.cfg.Loops || p.count == 0
		if errors.Is(err, io.EOF) && !last {
			p.base = p.latest + (p.latest-p.base)/max(1, p.count-1)
			file, err = pcap.Open(p.cfg.Path, pcap.Options{Filter: p.cfg.Filter})
		}
		if err != nil {
			p.emit(&stretch{loop: loop, err: err})
			return
		}
	}
}

// readLoop reads the file to its end and closes it. It returns nil if nothing more is wanted.
func (p *replayReader) readLoop(file *pcap.Reader, loop int) error {
	defer file.Close()
	p.count = 0
	var foreign int64
	for {
		s, ok := p.take()
		if !ok {
			return nil
		}
		s.loop = loop
		err := p.fill(s, file)
		now := file.Foreign().Total()
		p.counts.foreign += now - foreign
		foreign = now
		s.counts, p.counts = p.counts, readCounts{}
		if !p.emit(s) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// take gives an empty stretch; it isn't ok if nothing is wanted any more.
func (p *replayReader) take() (s *stretch, ok bool) {
	select {
	case s := <-p.free:
		if s.memory == nil {
			s.memory = make([]byte, 0, stretchBytes+payloadMax)
		}
		s.memory, s.datagrams, s.err = s.memory[:0], s.datagrams[:0], nil
		return s, true
	case <-p.done:
		return nil, false
	}
}

func (p *replayReader) emit(s *stretch) (ok bool) {
	select {
	case p.ready <- s:
		return true
	case <-p.done:
		return false
	}
}

// fill reads until the stretch is full, or the capture ends.
func (p *replayReader) fill(s *stretch, file *pcap.Reader) error {
	for len(s.memory) < stretchBytes && len(s.datagrams) < stretchDatagrams {
		d, err := file.Next()
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.cfg.Path, err)
		}
		if err := p.add(s, &d); err != nil {
			return err
		}
	}
	return nil
}

// add adds a datagram, or counts why not.
func (p *replayReader) add(s *stretch, d *pcap.Datagram) error {
	if d.Refusal != spead.Accepted {
		p.counts.refused++
		return nil
	}
	to, ok := p.lookUp(d.Destination)
	if !ok {
		p.counts.unmapped++
		return nil
	}
	at, err := p.due(d.Time)
	if err != nil {
		return err
	}
	start := len(s.memory)
	s.memory = append(s.memory, d.Payload...)
	payload := s.memory[start:len(s.memory):len(s.memory)]
	if len(p.changes) > 0 {
		changed, addressed := rewrite.Apply(payload, p.changes)
		p.counts.rewritten += int64(changed)
		p.counts.addressed += int64(addressed)
	}
	s.datagrams = append(slices.Grow(s.datagrams, 1), replayed{payload, at, to})
	p.count++
	return nil
}

// due gives when a datagram is to leave by the capture's times, never before the one before it.
func (p *replayReader) due(captured time.Time) (int64, error) {
	if p.cfg.Fast || p.cfg.Rate != 0 {
		return 0, nil
	}
	if captured.IsZero() {
		return 0, fmt.Errorf("%s: %w", p.cfg.Path, ErrNoTime)
	}
	if p.first.IsZero() {
		p.first = captured
	}
	at := p.base + int64(captured.Sub(p.first))
	if at < p.latest {
		p.counts.backwards++
	}
	p.latest = max(p.latest, at)
	return p.latest, nil
}

func (p *replayReader) lookUp(captured netip.AddrPort) (to int, ok bool) {
	if p.last.from != captured {
		n, mapped := p.numbers[captured]
		p.last.from, p.last.to, p.last.is = captured, n, mapped || p.cfg.Endpoint.IsValid()
	}
	return p.last.to, p.last.is
}
