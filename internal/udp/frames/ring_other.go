// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package frames

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Ring takes frames, but not here.
type Ring struct{}

// Open says that there are none.
func Open(Config) (*Ring, error) {
	return nil, fmt.Errorf("packet rings on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Read has nothing to read.
func (*Ring) Read(time.Duration) ([]Frame, error) { return nil, errors.ErrUnsupported }

// Drops is 0.
func (*Ring) Drops() int64 { return 0 }

// Wake does nothing.
func (*Ring) Wake() {}

// Close does nothing.
func (*Ring) Close() error { return nil }
