// SPDX-License-Identifier: Apache-2.0

package nap

import (
	"syscall"
	"time"
)

// Sleep sleeps in the kernel. A signal may end it early.
func Sleep(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	syscall.Nanosleep(&ts, nil)
}
