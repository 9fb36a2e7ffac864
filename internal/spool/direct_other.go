// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package spool

import (
	"errors"
	"fmt"
	"runtime"
)

func openDirect(name string, _ int) (target, error) {
	return nil, fmt.Errorf("write %s directly on %s: %w", name, runtime.GOOS, errors.ErrUnsupported)
}
