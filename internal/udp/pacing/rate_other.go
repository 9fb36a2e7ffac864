// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package pacing

import (
	"errors"
	"syscall"
)

// Limit would have the kernel send no more than so many bytes per second through a socket. These
// systems' kernels aren't asked.
func Limit(syscall.Conn, float64) error { return errors.ErrUnsupported }
