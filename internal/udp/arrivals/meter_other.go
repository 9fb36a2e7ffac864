// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package arrivals

import (
	"errors"
	"fmt"
	"runtime"
)

func (*Meter) prepare() error {
	return fmt.Errorf("timestamps of the kernel on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Record has nothing to do, since there are no meters.
func (*Meter) Record(<-chan struct{}) error { return errors.ErrUnsupported }
