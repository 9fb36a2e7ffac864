// SPDX-License-Identifier: Apache-2.0

package trigger

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// requestTime is how long a request may take: there is nothing to it.
const requestTime = 5 * time.Second

// Server fires at requests.
type Server struct {
	listener net.Listener
	server   *http.Server
	ended    chan error
}

// Listen takes POST requests, for any path, at a TCP address. Errors are the system's.
func Listen(ctx context.Context, address string, fire func()) (*Server, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &Server{
		listener: listener,
		server:   &http.Server{Handler: Handler(fire), ReadTimeout: requestTime, WriteTimeout: requestTime, MaxHeaderBytes: 1 << 16},
		ended:    make(chan error, 1),
	}
	go func() { s.ended <- s.server.Serve(listener) }()
	return s, nil
}

// Addr is the address that it listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close ends it.
func (s *Server) Close() error {
	err := s.server.Close()
	if ended := <-s.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// Handler fires at a POST request, and answers others by saying so. It refuses those of browsers, which
// name where a page is from: any page could make one.
func Handler(fire func()) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "a POST request triggers", http.StatusMethodNotAllowed)
			return
		}
		if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			http.Error(w, "a web page can't trigger", http.StatusForbidden)
			return
		}
		fire()
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "triggered\n")
	})
}
