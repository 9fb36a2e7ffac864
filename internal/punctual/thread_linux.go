// SPDX-License-Identifier: Apache-2.0

package punctual

import (
	"runtime"
	"syscall"
)

// Thread keeps the goroutine on its thread, and asks the kernel not to delay the thread's wake-ups in
// order to join them with others' (50 µs by default), until the function that it returns is called.
func Thread() (end func()) {
	runtime.LockOSThread()
	setSlack(1)
	return func() {
		setSlack(0) // the default
		runtime.UnlockOSThread()
	}
}

// setSlack sets the thread's timer slack in nanoseconds (prctl(2)). Where it can't, wake-ups are later.
func setSlack(nanos uintptr) {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_TIMERSLACK, nanos, 0)
}
