// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progressInterval is how often progress is shown.
const progressInterval = 500 * time.Millisecond

// results is where results are written; it keeps the first failure.
type results struct {
	to     io.Writer
	mu     sync.Mutex
	failed error
}

// Write writes, unless that has failed before: what comes after a gap would be taken for what it isn't.
func (r *results) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.to.Write(b)
	r.failed = err
	return n, err
}

func (r *results) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// isTerminal says whether a person is likely to look at what is written to w.
func isTerminal(w io.Writer) bool {
	if r, ok := w.(*results); ok {
		w = r.to
	}
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// showProgress rewrites a line of the terminal until the function that it returns is called, which
// wipes the line. If w is no terminal, nothing is shown.
func showProgress(w io.Writer, line func() string) (end func()) {
	if !isTerminal(w) {
		return func() {}
	}
	done := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() { rewrite(w, line, done) })
	return func() {
		close(done)
		shown.Wait()
	}
}

func rewrite(w io.Writer, line func() string, done <-chan struct{}) {
	const wipe = "\r\x1b[K"
	ticker := time.NewTicker(progressInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			fmt.Fprint(w, wipe, line())
		case <-done:
			fmt.Fprint(w, wipe)
			return
		}
	}
}

// meter turns a growing number of bytes into the rate since it was last asked.
type meter struct {
	start, last time.Time
	bytes       int64
}

func newMeter() *meter {
	now := time.Now()
	return &meter{start: now, last: now}
}

// read gives the seconds since the start and the rate of late in gigabits per second.
func (m *meter) read(bytes int64) (seconds, rate float64) {
	now := time.Now()
	rate = gigabits(bytes-m.bytes, now.Sub(m.last).Seconds())
	m.last, m.bytes = now, bytes
	return now.Sub(m.start).Seconds(), rate
}
