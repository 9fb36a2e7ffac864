// SPDX-License-Identifier: Apache-2.0

package send

import (
	"syscall"
	"time"
)

// shortSleep sleeps in the kernel: Go's own timers wait in epoll, whose granularity is a
// millisecond. A signal may end it early.
func shortSleep(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	syscall.Nanosleep(&ts, nil)
}
