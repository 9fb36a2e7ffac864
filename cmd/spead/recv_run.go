// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gospead/spead/internal/dump"
	"github.com/gospead/spead/recv"
)

// receive receives from all sources until they have ended, enough heaps have come, or ctx ends.
func receive(ctx context.Context, c console, o *recvOptions, sources []string) error {
	streams, err := openStreams(ctx, c, o, sources)
	if err != nil {
		return err
	}
	defer closeStreams(streams)
	p := newPrinter(c, o)
	endProgress := func() {}
	if o.quiet || !isTerminal(c.out) {
		endProgress = showProgress(c.remarks, receiveProgress(streams))
	}
	err = p.Consume(ctx, streams)
	endProgress()
	for _, s := range streams {
		err = errors.Join(err, s.Err())
	}
	stats := sumStats(streams)
	if failed := p.Finish(&stats); !errors.Is(err, failed) { // what can't be printed is known already
		err = errors.Join(err, failed)
	}
	if o.verify {
		err = errors.Join(err, p.Verdict(&stats))
	}
	return err
}

func receiveProgress(streams []*recv.Stream) func() string {
	m := newMeter()
	return func() string {
		s := sumStats(streams)
		seconds, rate := m.read(s.PayloadBytesAccepted)
		line := fmt.Sprintf("%.0f s: %d heaps, %d bytes, %.3f Gb/s", seconds, s.Heaps, s.PayloadBytesAccepted, rate)
		if lost := s.HeapsDiscarded[recv.DiscardEvicted]; lost > 0 {
			line += fmt.Sprintf(", %d heaps incomplete", lost)
		}
		if n := s.Refused.Total(); n > 0 {
			line += fmt.Sprintf(", %d packets refused", n)
		}
		if s.KernelDrops > 0 {
			line += fmt.Sprintf(", %d packets dropped by the kernel", s.KernelDrops)
		}
		return line
	}
}

// newPrinter makes what prints as the flags say.
func newPrinter(c console, o *recvOptions) *dump.Printer {
	return dump.NewPrinter(dump.Options{
		Out: c.out, Remark: func(format string, args ...any) { c.remark("spead recv: "+format, args...) },
		Quiet: o.quiet, JSON: o.json, Descriptors: o.descriptors, Values: o.values, PayloadRanges: o.payloadRanges,
		Verify: o.verify, Every: o.every, Count: o.count,
	})
}
