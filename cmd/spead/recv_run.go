// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

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
	err = consumeAll(ctx, p, streams)
	endProgress()
	for _, s := range streams {
		err = errors.Join(err, s.Err())
	}
	stats := sumStats(streams)
	if failed := p.finish(&stats); !errors.Is(err, failed) { // what can't be printed is known already
		err = errors.Join(err, failed)
	}
	if o.verify {
		err = errors.Join(err, p.verdict(&stats))
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

// consumeAll starts the streams and takes their heaps, each stream's in a goroutine of its own. What
// was received before ctx ended is taken as well.
func consumeAll(ctx context.Context, p *printer, streams []*recv.Stream) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, s := range streams {
		if err := s.Start(); err != nil {
			return err
		}
	}
	errs := make([]error, len(streams))
	var consumers sync.WaitGroup
	for i, s := range streams {
		consumer := p.newConsumer(s)
		consumers.Go(func() {
			// Closing makes the stream end, and with it the consumer.
			keepOpen := context.AfterFunc(ctx, func() { s.Close() })
			defer keepOpen()
			if errs[i] = consumer.run(); errs[i] != nil {
				cancel()
			}
		})
	}
	consumers.Wait()
	p.interrupted = ctx.Err() != nil
	return errors.Join(slices.DeleteFunc(errs, isEnough)...)
}

// enough says that as many heaps as were asked for have been printed.
type enough struct{}

// Error says it in words.
func (enough) Error() string { return "enough heaps received" }

func isEnough(err error) bool { return errors.Is(err, enough{}) }
