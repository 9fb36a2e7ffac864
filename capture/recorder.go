// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/gospead/spead/internal/pcap"
	"github.com/gospead/spead/internal/spool"
)

const (
	// readWait is for how long a recorder waits for datagrams before it looks after other things.
	readWait = 100 * time.Millisecond
	// staleAfter is how old datagrams get in memory before they are written, if the writer is idle.
	staleAfter = 250 * time.Millisecond
	// dropsEvery is how often the kernel is asked what it dropped.
	dropsEvery = time.Second
)

// Recorder captures datagrams.
type Recorder struct {
	cfg     RecorderConfig
	origin  origin
	matcher *pcap.Matcher // nil without a filter
	spool   *spool.Spool  // nil if datagrams are only counted
	// triggers holds a token from Trigger until Run sees it.
	triggers chan struct{}
	once     sync.Once // of Run

	// What follows belongs to Run but for mu, which it holds while it changes inlets.
	mu     sync.Mutex
	inlets []inlet
	block  []byte // a datagram that is to pass the filter
	ending bool
	endsAt int64 // datagrams from then on aren't taken; 0: there is no such time
	passed bool  // such a datagram has come
	taken  int64 // datagrams before that, and of all inlets
	begun  time.Time
	kept   int64
	file   struct {
		begun     int64     // time of the first datagram
		opened    time.Time // when the statistics begin
		datagrams int64
		tail      int // bytes that its end takes, at most
		saveUntil time.Time
	}
	fresh     int64 // time of the oldest datagram in memory, if it is to be written soon
	askedLast time.Time
}

// origin is where datagrams come from.
type origin interface {
	// read hands what has come to the recorder, after waiting for at most so long.
	read(r *Recorder, wait time.Duration) (some bool, err error)
	// drops is what the system had no room for, device what the device hadn't.
	drops(inlet int) (system, device int64)
	// settles is how long it takes at most until what has come can be read.
	settles() time.Duration
	addrs() []netip.AddrPort
	wake()
	close() error
}

// NewRecorder opens sockets and the first file. Errors: *spead.FieldError for what the configuration
// got wrong, or the system's.
func NewRecorder(cfg RecorderConfig) (*Recorder, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Recorder{cfg: cfg, triggers: make(chan struct{}, 1)}
	if cfg.Filter != "" {
		if r.matcher, err = pcap.NewMatcher(cfg.Filter); err != nil {
			return nil, err
		}
	}
	if r.origin, r.inlets, err = cfg.openOrigin(); err != nil {
		return nil, err
	}
	if err := r.openSpool(); err != nil {
		r.origin.close()
		return nil, err
	}
	return r, nil
}

func (r *Recorder) openSpool() (err error) {
	if r.cfg.counts() {
		return nil
	}
	size, count := r.cfg.blocks()
	r.spool, err = spool.New(spool.Config{
		Path: r.cfg.Path, Output: r.cfg.Output, Numbered: r.cfg.numbered(), Files: r.cfg.Files, Direct: r.cfg.Direct,
		BlockBytes: size, Blocks: count, Ring: r.cfg.Ring, Whole: pcap.WholeBlocks,
	})
	return err
}

// Addrs are the addresses that sockets are bound to, in the order of the endpoints.
func (r *Recorder) Addrs() []netip.AddrPort { return r.origin.addrs() }

// Trigger has a recorder with RecorderConfig.Ring write a file of what it has. Any goroutine may call
// it.
func (r *Recorder) Trigger() {
	select {
	case r.triggers <- struct{}{}:
	default:
	}
	r.origin.wake()
}

// Run captures until ctx ends, which is no error, or as much was captured as was configured, or
// something fails; it returns when all is written, and the sockets are closed. It may be called once.
func (r *Recorder) Run(ctx context.Context) error {
	err := errors.New("the recorder has run before")
	r.once.Do(func() { err = r.run(ctx) })
	return err
}

// Close closes a recorder that is not to be run.
func (r *Recorder) Close() error {
	var err error
	r.once.Do(func() {
		err = r.origin.close()
		if r.spool != nil {
			err = errors.Join(err, r.spool.Close())
		}
	})
	return err
}

func (r *Recorder) run(ctx context.Context) (err error) {
	var failed <-chan struct{}
	if r.spool != nil {
		failed = r.spool.Failed()
	}
	stop := context.AfterFunc(ctx, r.origin.wake)
	defer stop()
	r.start()
	for !r.ending && err == nil {
		select {
		case <-ctx.Done():
			err = r.drain(time.Now())
		case <-failed:
			r.ending = true
		case <-r.triggers:
			r.save()
		default:
			_, err = r.step(readWait)
		}
	}
	r.locked(r.askDrops)
	if len(r.triggers) > 0 {
		r.save()
	}
	if r.spool == nil {
		return errors.Join(err, r.origin.close())
	}
	if r.spool.IsOpen() {
		r.locked(r.endFile)
	}
	return errors.Join(err, r.origin.close(), r.spool.Close())
}

func (r *Recorder) start() {
	r.begun = time.Now()
	r.file.opened = r.begun
	if r.cfg.Duration > 0 {
		r.endsAt = r.begun.Add(r.cfg.Duration).UnixNano()
	}
	if r.spool != nil {
		r.file.tail = len(r.tail())
		if !r.cfg.Ring {
			r.beginFile()
		}
	}
}

// step takes what has come, and does what is due.
func (r *Recorder) step(wait time.Duration) (some bool, err error) {
	some, err = r.origin.read(r, wait)
	now := time.Now()
	if now.Sub(r.askedLast) >= dropsEvery {
		r.askedLast = now
		r.locked(r.askDrops)
	}
	if r.endsAt > 0 && now.UnixNano() >= r.endsAt && !r.ending && err == nil {
		return some, r.drain(time.Unix(0, r.endsAt))
	}
	if r.spool == nil {
		return some, err
	}
	if r.cfg.Ring {
		if r.spool.IsOpen() && !now.Before(r.file.saveUntil) {
			r.locked(r.endFile)
		}
		return some, err
	}
	if r.fresh != 0 && now.UnixNano()-r.fresh > int64(staleAfter) && r.spool.Idle() {
		r.spool.Flush()
		r.fresh = 0
	}
	return some, err
}

// drain takes what came before the end and ends the recording.
func (r *Recorder) drain(end time.Time) error {
	if r.ending {
		return nil
	}
	r.endsAt = end.UnixNano()
	until := time.Now().Add(r.origin.settles())
	// One inlet may be past the end while another isn't: two rounds of all have to bring nothing more.
	for idle := 0; !r.ending && idle < 2*len(r.inlets); {
		left, before := max(0, time.Until(until)), r.taken
		some, err := r.origin.read(r, left)
		if err != nil || !some && left == 0 {
			r.ending = true
			return err
		}
		if idle++; r.taken != before || !r.passed {
			idle = 0
		}
	}
	r.ending = true
	return nil
}

// save begins a file with what is in memory, or has the present one go on.
func (r *Recorder) save() {
	if !r.cfg.Ring || r.spool == nil {
		return
	}
	if !r.spool.IsOpen() {
		r.beginFile()
	}
	r.file.saveUntil = time.Now().Add(r.cfg.After)
	if r.cfg.After == 0 {
		r.locked(r.endFile)
	}
}

func (r *Recorder) locked(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}
