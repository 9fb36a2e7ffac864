// SPDX-License-Identifier: Apache-2.0

//go:build unix

package trigger

import (
	"syscall"
	"testing"
)

func TestASignalTriggers(t *testing.T) {
	fired := make(chan struct{}, 1)
	end := OnSignal(func() { fired <- struct{}{} })
	for range 2 {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		<-fired
	}
	end()
}
