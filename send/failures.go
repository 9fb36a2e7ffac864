// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// failuresInterval is how often, at most, failed packets are worth a line.
const failuresInterval = 10 * time.Second

// failures logs packets that couldn't be sent: the first at once, those that follow summed up. What
// was cancelled, or given up when the stream was closed, its owner knows of.
type failures struct {
	logger *slog.Logger

	// mu guards what follows: two senders may fail at once.
	mu     sync.Mutex
	count  int64 // since the last line
	cause  error // of the last one
	logged time.Time
}

// add is told of a packet that failed.
func (f *failures) add(cause error) {
	if errors.Is(cause, context.Canceled) || errors.Is(cause, ErrClosed) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	f.cause = cause
	if now := time.Now(); now.Sub(f.logged) >= failuresInterval {
		f.logged = now
		f.write()
	}
}

// flush logs what wasn't yet.
func (f *failures) flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count > 0 {
		f.write()
	}
}

// write writes a line. Preconditions: mu is held.
func (f *failures) write() {
	f.logger.Warn("packets could not be sent", "count", f.count, "last", f.cause)
	f.count = 0
}
