// SPDX-License-Identifier: Apache-2.0

//go:build unix

package trigger

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// OnSignal fires at each SIGUSR1 until the function that it returns is called.
func OnSignal(fire func()) (end func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGUSR1)
	var listener sync.WaitGroup
	listener.Go(func() {
		for {
			select {
			case <-signals:
				fire()
			case <-done:
				return
			}
		}
	})
	return func() {
		signal.Stop(signals)
		close(done)
		listener.Wait()
	}
}
