// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/heapjson"
	"github.com/gospead/spead/recv"
)

// Options say what to print.
type Options struct {
	// Out takes what is printed, and Remark what is remarked about heaps, without a line's end.
	Out    io.Writer
	Remark func(format string, args ...any)
	// Quiet leaves heaps out; JSON prints them in the form of package heapjson, instead of as text, of
	// which Descriptors, Values and PayloadRanges make more.
	Quiet, JSON, Descriptors, Values, PayloadRanges bool
	// Verify compares contents with what a sender of the pattern sends, of which each stream gets every
	// Every-th heap; at least 1.
	Verify bool
	Every  int64
	// Count is how many heaps to print; 0: all.
	Count int64
}

// Printer prints the heaps of all streams.
type Printer struct {
	options Options
	started time.Time
	// consumers holds one per stream; it doesn't change while they run.
	consumers []*consumer
	// interrupted says, when all consumers have ended, that not all streams had.
	interrupted bool

	// mu guards everything below.
	mu    sync.Mutex
	out   *bufio.Writer
	heaps int64
	bytes int64
}

// NewPrinter returns a printer that has printed nothing.
func NewPrinter(o Options) *Printer {
	return &Printer{options: o, started: time.Now(), out: bufio.NewWriterSize(o.Out, 64<<10)}
}

// consumer takes the heaps of one stream and turns them into text.
type consumer struct {
	printer *Printer
	stream  *recv.Stream
	group   spead.ItemGroup
	encoder heapjson.Encoder
	checker checker
	text    []byte
}

func (p *Printer) newConsumer(s *recv.Stream) *consumer {
	c := &consumer{printer: p, stream: s, encoder: heapjson.Encoder{PayloadRanges: p.options.PayloadRanges}}
	c.checker.sequence.step = uint64(p.options.Every)
	p.consumers = append(p.consumers, c)
	return c
}

// run takes heaps until the stream has ended.
func (c *consumer) run() error {
	for {
		h, err := c.next()
		if errors.Is(err, recv.ErrStopped) {
			return nil
		}
		if err != nil {
			return err
		}
		err = c.take(h)
		h.Release()
		if err != nil {
			return err
		}
	}
}

// next waits for a heap. Before it does, what has been printed is made visible.
func (c *consumer) next() (*recv.Heap, error) {
	h, err := c.stream.TryNext()
	if h != nil || err != nil {
		return h, err
	}
	if err := c.printer.flush(); err != nil {
		return nil, err
	}
	return c.stream.Next(context.Background())
}

func (c *consumer) take(h *recv.Heap) error {
	o := &c.printer.options
	c.text = c.text[:0]
	var err error
	switch {
	case o.Quiet:
	case o.JSON:
		c.text, err = c.encoder.Append(c.text, h, &c.group)
		c.text = append(c.text, '\n')
	default:
		err = c.appendText(h)
	}
	if err != nil {
		c.printer.options.Remark("heap %d: %s", h.Cnt(), oneLine(err))
	}
	if o.Verify {
		if problem := c.checker.check(h); problem != "" {
			c.printer.options.Remark("heap %d: %s", h.Cnt(), problem)
		}
	}
	return c.printer.write(c.text, h.Received())
}

// write prints what a heap has become.
func (p *Printer) write(text []byte, bytes int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isEnough() {
		return enough{}
	}
	p.heaps++
	p.bytes += bytes
	if _, err := p.out.Write(text); err != nil {
		return err
	}
	if p.isEnough() {
		return enough{}
	}
	return nil
}

// isEnough says whether as many heaps as were asked for have been printed. Preconditions: mu is held.
func (p *Printer) isEnough() bool { return p.options.Count > 0 && p.heaps >= p.options.Count }

func (p *Printer) flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Flush()
}

// Finish prints the totals, when all consumers have ended.
func (p *Printer) Finish(stats *recv.Stats) error {
	if p.options.JSON {
		return cmp.Or(p.finishJSON(stats), p.out.Flush())
	}
	fmt.Fprintf(p.out, "Received %d heaps, %d bytes of payload\n", p.heaps, p.bytes)
	err := EachCount(stats, func(name, value string) {
		if value != "0" {
			fmt.Fprintf(p.out, "%s: %s\n", name, value)
		}
	})
	if p.options.Verify {
		v := p.verification()
		fmt.Fprintf(p.out, "Verified %d heaps, %d differ, %d are missing, %d are repeated\n",
			v.Verified, v.Differing, v.Missing, v.Repeated)
	}
	return cmp.Or(err, p.out.Flush())
}

func (p *Printer) finishJSON(stats *recv.Stats) error {
	last := struct {
		Stats  *recv.Stats   `json:"stats"`
		Verify *verification `json:"verify,omitempty"`
	}{Stats: stats}
	if p.options.Verify {
		v := p.verification()
		last.Verify = &v
	}
	return json.NewEncoder(p.out).Encode(last)
}
