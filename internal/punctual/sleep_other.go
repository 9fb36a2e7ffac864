// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package punctual

import (
	"runtime"
	"time"
)

func sleep(d time.Duration) { time.Sleep(d) }

// Thread keeps the goroutine on its thread until the function that it returns is called.
func Thread() (end func()) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}
