// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// keepPoints is how many points of each stream are kept: a quarter of an hour at one a second.
const keepPoints = 900

// Watched is a stream to watch.
type Watched struct {
	// Name is what it is called.
	Name string
	// Stream has been started.
	Stream Stream
	// Substreams is how many rows heaps are divided among, by their cnt. At least 1.
	Substreams int
	// QueueLimit is the stream's recv.Config.QueueHeaps.
	QueueLimit int
	// CntStep is the stream's recv.Config.CntStep.
	CntStep uint64
	// ConsumerRate is how many bytes of payload its consumer takes in a second; 0: any number.
	ConsumerRate float64
}

// Monitor watches streams. Its methods may be called from any goroutine.
type Monitor struct {
	interval time.Duration
	started  time.Time
	streams  []*watch

	mu       sync.Mutex
	latest   *Snapshot
	changed  chan struct{} // closed with the next snapshot
	finished bool
}

// watch is what belongs to one stream.
type watch struct {
	Watched
	tally   *tallier
	sampler *sampler

	mu    sync.Mutex
	ended bool
	err   error
}

// New returns a monitor of streams that have been started, which it samples at an interval. Nothing is
// taken from them until Run.
func New(interval time.Duration, streams []Watched) *Monitor {
	m := &Monitor{interval: interval, started: time.Now(), changed: make(chan struct{})}
	for _, s := range streams {
		w := &watch{Watched: s, tally: newTallier(s.Substreams)}
		w.sampler = newSampler(s, keepPoints, reading{time: m.started, tally: w.tally.read()})
		m.streams = append(m.streams, w)
	}
	return m
}

// Run takes the streams' heaps and samples, until ctx ends. The last snapshot is of what there was then.
// Errors: of streams that failed.
func (m *Monitor) Run(ctx context.Context) error {
	var consumers sync.WaitGroup
	for _, w := range m.streams {
		consumers.Go(func() { w.consume(ctx) })
	}
	ticker := time.NewTicker(m.interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
			m.sample()
		case <-ctx.Done():
		}
	}
	consumers.Wait()
	m.sample()
	m.mu.Lock()
	m.finished = true
	close(m.changed)
	m.mu.Unlock()
	var errs []error
	for _, w := range m.streams {
		if w.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", w.Name, w.err))
		}
	}
	return errors.Join(errs...)
}

// consume takes the heaps of a stream to its end.
func (w *watch) consume(ctx context.Context) {
	c := consumer{stream: w.Stream, tally: w.tally, rate: w.ConsumerRate}
	err := c.run(ctx)
	if ctx.Err() != nil {
		return // it hasn't ended, it isn't watched any more
	}
	if err == nil {
		err = w.Stream.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended, w.err = true, err
}

func (w *watch) read() reading {
	w.mu.Lock()
	ended, err := w.ended, w.err
	w.mu.Unlock()
	return reading{stats: w.Stream.Stats(), tally: w.tally.read(), ended: ended, err: err, time: time.Now()}
}

// sample makes the next snapshot.
func (m *Monitor) sample() {
	snap := &Snapshot{
		Seq:      1,
		Started:  m.started,
		Interval: Seconds(m.interval.Seconds()),
		Recent:   Seconds((recentPoints * m.interval).Seconds()),
	}
	for _, w := range m.streams {
		now := w.read()
		m.mu.Lock() // History reads the sampler's
		snap.Streams = append(snap.Streams, w.sampler.observe(now))
		m.mu.Unlock()
	}
	snap.Time = time.Now()
	snap.judge()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.latest != nil {
		snap.Seq = m.latest.Seq + 1
	}
	m.latest = snap
	close(m.changed)
	m.changed = make(chan struct{})
}

// judge says how the streams fare all together.
func (s *Snapshot) judge() {
	s.Health, s.Verdict = OK, "nothing lost"
	for _, st := range s.Streams {
		if st.Health.Alarm() < s.Health.Alarm() {
			s.Health, s.Verdict = st.Health, st.Name+": "+st.Verdict
		}
	}
}

// Next waits for a snapshot later than the one of the number, which is 0 for none; nil if there are no
// more, or ctx has ended. Snapshots that nobody asked for in time are passed over.
func (m *Monitor) Next(ctx context.Context, after int64) *Snapshot {
	for {
		m.mu.Lock()
		latest, changed, finished := m.latest, m.changed, m.finished
		m.mu.Unlock()
		if latest != nil && latest.Seq > after {
			return latest
		}
		if finished {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// Latest gives the latest snapshot, nil before the first.
func (m *Monitor) Latest() *Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.latest
}

// History gives the points of all streams that are kept, in the order of Snapshot.Streams, the oldest
// first.
func (m *Monitor) History() [][]Point {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([][]Point, 0, len(m.streams))
	for _, w := range m.streams {
		all = append(all, w.sampler.history.last(keepPoints))
	}
	return all
}
