// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package send

import "time"

// shortSleep sleeps as well as the system can.
func shortSleep(d time.Duration) { time.Sleep(d) }
