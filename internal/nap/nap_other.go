// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package nap

import "time"

// Sleep sleeps, possibly for longer than it should.
func Sleep(d time.Duration) { time.Sleep(d) }
