// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package punctual

import "runtime"

// Thread keeps the goroutine on its thread until the function that it returns is called.
func Thread() (end func()) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}
