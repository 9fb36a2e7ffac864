// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = time.Minute
	headerBytes   = 16 << 10
	// closeTimeout is how long answers may take that are being given when the server ends.
	closeTimeout = time.Second
)

// Serve answers the requests that come to a listener until ctx ends, and returns when no connection and
// no goroutine is left. The listener is the server's. Errors: the listener's.
func Serve(ctx context.Context, l net.Listener, h http.Handler, errorLog *log.Logger) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          errorLog,
		// Who waits for events waits no longer than the server runs.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if server.Shutdown(late) != nil {
			server.Close()
		}
	})
	err := server.Serve(l)
	if stop() {
		return errors.Join(err, server.Close())
	}
	<-ended
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
