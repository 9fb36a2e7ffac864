// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/gospead/spead/recv"
)

// Consume starts the streams and takes their heaps, each stream's in a goroutine of its own. What
// was received before ctx ended is taken as well.
func (p *Printer) Consume(ctx context.Context, streams []*recv.Stream) error {
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
