// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package recv

import "time"

// sleepBriefly sleeps, possibly for longer than it should.
func sleepBriefly(d time.Duration) { time.Sleep(d) }
