// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/punctual"
	"github.com/gospead/spead/internal/quantile"
	"github.com/gospead/spead/internal/udp"
	"github.com/gospead/spead/internal/wire"
)

const (
	// replayBatch is how many datagrams go to the kernel at once, if so many are due.
	replayBatch = 64
	// lateWakeups is of how many wake-ups one may be too late.
	lateWakeups = 200
	// replayLead is how long the first datagram waits, so that all is ready for it.
	replayLead = 5 * time.Millisecond
)

// ErrNoTime says that a capture doesn't tell when its datagrams came, so that they can only be sent at a
// rate or as fast as possible.
var ErrNoTime = errors.New("the capture has no times")

// Replayer sends the datagrams of a capture, each as it was captured.
//
// Each leaves at its own time on a clock that doesn't jump, counted from the first, so that errors
// don't add up. One that couldn't leave in time, because the machine was busy, leaves as soon as it
// can, and those after it at their own times.
type Replayer struct {
	cfg    ReplayConfig
	reader replayReader
	file   *pcap.Reader
	sender *udp.Sender
	once   sync.Once // of Run
	clock  *punctual.Clock

	batch [replayBatch]wire.Datagram
	// scheduled is how many bytes were due before, for a rate.
	scheduled float64

	mu      sync.Mutex
	stats   ReplayStats
	timing  quantile.Durations
	moments momentTimes
	failure error // the first of datagrams that couldn't be sent
}

// ReplayStats is what a Replayer has done so far.
type ReplayStats struct {
	// Datagrams were sent, Bytes is their payload.
	Datagrams int64 `json:"datagrams"`
	Bytes     int64 `json:"bytes"`
	// Loops is how many loops were begun.
	Loops int64 `json:"loops"`
	// Failed counts datagrams that couldn't be sent.
	Failed int64 `json:"failed"`
	// Refused counts datagrams of which the capture holds only a part, or that contradict themselves;
	// Foreign counts frames that are something else, or not what the filter asks for; Unmapped counts
	// datagrams with no place to go.
	Refused  int64 `json:"refused"`
	Foreign  int64 `json:"foreign"`
	Unmapped int64 `json:"unmapped"`
	// Backwards counts datagrams whose time in the capture was before that of the one before them: they
	// were sent right after it.
	Backwards int64 `json:"backwards"`
	// Rewritten counts values that ReplayConfig.Rewrite is about; Addressed those of them that stand in the
	// payload and were left as they were.
	Rewritten int64 `json:"rewritten"`
	Addressed int64 `json:"addressed"`
	// Elapsed is the time since the first datagram was due.
	Elapsed time.Duration `json:"elapsed_ns"`
	// Late tells by how much datagrams were handed to the kernel later than due: until the system call
	// had returned. All zero with ReplayConfig.Fast.
	Late TimingStats `json:"late"`
	// Moments counts the different times at which datagrams were due. LateMoments tells how late each of
	// them began, with the system call for its first datagram: what waiting, and datagrams before that
	// took too long, cost. What Late has beyond that is the time that the system takes for so many
	// datagrams that are due at once.
	Moments     int64       `json:"moments"`
	LateMoments TimingStats `json:"late_moments"`
}

// NewReplayer opens the capture and a socket. Errors: *spead.FieldError for what the configuration got
// wrong, or the system's.
func NewReplayer(cfg ReplayConfig) (*Replayer, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Replayer{cfg: cfg}
	endpoints, numbers := cfg.destinations()
	r.reader = replayReader{
		cfg: &r.cfg, numbers: numbers, done: make(chan struct{}),
		free: make(chan *stretch, stretches), ready: make(chan *stretch, stretches),
	}
	if r.file, err = pcap.Open(cfg.Path, pcap.Options{Filter: cfg.Filter}); err != nil {
		return nil, err
	}
	if err = r.reader.survey(); err == nil {
		r.sender, err = cfg.openSender(endpoints)
	}
	if err != nil {
		r.file.Close()
		return nil, err
	}
	return r, nil
}

// Run sends until all is sent or ctx ends, which is no error, or the capture can't be read. Datagrams
// that can't be sent are left out; the first error is returned at the end. The socket is closed. Run may
// be called once.
func (r *Replayer) Run(ctx context.Context) error {
	err := errors.New("the replayer has run before")
	r.once.Do(func() { err = r.run(ctx) })
	return err
}

// Close closes a replayer that is not to be run.
func (r *Replayer) Close() error {
	var err error
	r.once.Do(func() { err = errors.Join(r.file.Close(), r.sender.Close()) })
	return err
}

func (r *Replayer) run(ctx context.Context) error {
	for range stretches {
		r.reader.free <- &stretch{}
	}
	var reading sync.WaitGroup
	reading.Go(func() { r.reader.run(r.file) })
	defer punctual.Thread()()
	r.clock = punctual.NewClock(lateWakeups)
	stop := context.AfterFunc(ctx, func() { r.sender.Close() }) // it may wait for a full socket
	err := r.sendAll(ctx)
	close(r.reader.done)
	reading.Wait()
	if stop() {
		err = errors.Join(err, r.sender.Close())
	}
	if failed := r.Stats().Failed; failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d datagrams couldn't be sent, the first because: %w", failed, r.failure))
	}
	return err
}

// sendAll sends stretch after stretch.
func (r *Replayer) sendAll(ctx context.Context) error {
	start := int64(-1)
	for {
		var s *stretch
		select {
		case s = <-r.reader.ready:
		case <-ctx.Done():
			return nil
		}
		if start < 0 {
			if start = r.clock.Now(); !r.cfg.Fast {
				start += int64(replayLead)
			}
		}
		r.count(s)
		if err := r.sendStretch(ctx, s, start); err != nil {
			return err
		}
		switch {
		case errors.Is(s.err, io.EOF), ctx.Err() != nil:
			return nil
		case s.err != nil:
			return s.err
		}
		r.reader.free <- s
	}
}

func (r *Replayer) count(s *stretch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Loops = int64(s.loop) + 1
	r.stats.Refused += s.counts.refused
	r.stats.Foreign += s.counts.foreign
	r.stats.Unmapped += s.counts.unmapped
	r.stats.Backwards += s.counts.backwards
	r.stats.Rewritten += s.counts.rewritten
	r.stats.Addressed += s.counts.addressed
}

// sendStretch sends datagrams when they are due. It returns early if ctx ends.
func (r *Replayer) sendStretch(ctx context.Context, s *stretch, start int64) error {
	r.schedule(s.datagrams)
	for rest := s.datagrams; len(rest) > 0; {
		now := r.clock.Now()
		if !r.cfg.Fast {
			if !r.clock.WaitUntil(start+rest[0].at, ctx.Done()) {
				return nil
			}
			now = r.clock.Now()
		} else if ctx.Err() != nil {
			return nil
		}
		n := 1
		for n < len(rest) && n < replayBatch && start+rest[n].at <= now {
			n++
		}
		if !r.cfg.Fast {
			r.begin(rest[:n], now-start)
		}
		if err := r.send(rest[:n], start); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// schedule says when datagrams are due, from the first one on: by the capture's times, or at the rate.
func (r *Replayer) schedule(datagrams []replayed) {
	switch {
	case r.cfg.Rate != 0:
		for i := range datagrams {
			datagrams[i].at = int64(r.scheduled / r.cfg.Rate * 1e9)
			r.scheduled += float64(len(datagrams[i].payload))
		}
	case r.cfg.Speed != 1:
		for i := range datagrams {
			datagrams[i].at = int64(float64(datagrams[i].at) / r.cfg.Speed)
		}
	}
}

// send sends datagrams that are due, all at once.
func (r *Replayer) send(datagrams []replayed, start int64) error {
	for i, d := range datagrams {
		r.batch[i].Header, r.batch[i].Size, r.batch[i].Substream = d.payload, len(d.payload), d.to
	}
	for sent := 0; sent < len(datagrams); {
		n, err := r.sender.WriteBatch(r.batch[sent:len(datagrams)])
		now := r.clock.Now()
		r.account(datagrams[sent:sent+n], now-start)
		sent += n
		if err == nil {
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return nil // ctx has ended
		}
		r.fail(err)
		sent++
	}
	return nil
}

// begin notes the moments of datagrams that are handed over at a time from the start.
func (r *Replayer) begin(datagrams []replayed, now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range datagrams {
		if at := datagrams[i].at; r.stats.Moments == 0 || at != r.moments.latest {
			r.stats.Moments++
			r.moments.latest = at
			r.moments.late.Add(now - at)
		}
	}
}

// account counts what has left at a time from the start.
func (r *Replayer) account(datagrams []replayed, now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Elapsed = time.Duration(now)
	for i := range datagrams {
		r.stats.Datagrams++
		r.stats.Bytes += int64(len(datagrams[i].payload))
		if !r.cfg.Fast {
			r.timing.Add(now - datagrams[i].at)
		}
	}
}

func (r *Replayer) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stats.Failed++; r.failure == nil {
		r.failure = err
	}
}

// Stats may be called by any goroutine at any time.
func (r *Replayer) Stats() ReplayStats {
	r.mu.Lock()
	s, late, moments := r.stats, r.timing, r.moments.late // copied, as percentiles take longer than the sender should wait
	r.mu.Unlock()
	s.Late, s.LateMoments = timingStats(&late), timingStats(&moments)
	return s
}
