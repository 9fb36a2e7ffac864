// SPDX-License-Identifier: Apache-2.0

package recv

import (
	"syscall"
	"time"
)

// sleepBriefly sleeps in the kernel: Go's own timers wait in epoll, whose granularity is a
// millisecond. A signal may end it early.
func sleepBriefly(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	syscall.Nanosleep(&ts, nil)
}
