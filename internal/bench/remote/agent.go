// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Agent serves controllers, one at a time.
type Agent struct {
	// Version is the program's version, which controllers have to have as well.
	Version string
	// Port is the UDP port to receive on; 0: the system chooses.
	Port uint16
	// Once ends the agent after its first controller, or if none comes within half a minute.
	Once bool
	// Logf, if not nil, is told of controllers that come and go. It isn't called by two goroutines at a
	// time.
	Logf func(format string, args ...any)

	// mu guards everything below.
	mu sync.Mutex
	// serving is the controller being served, nil if there is none.
	serving net.Conn
	// came counts controllers.
	came int
}

// leaveTime is how long a controller waits for the one before, which may just be leaving.
const leaveTime = 500 * time.Millisecond

// Serve serves controllers that connect to l until ctx ends, and closes l. That is no error.
func (a *Agent) Serve(ctx context.Context, l net.Listener) error {
	var serving sync.WaitGroup
	defer serving.Wait()
	defer l.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	if a.Once {
		defer time.AfterFunc(patience, func() {
			if a.present(nil) == 0 {
				cancel()
			}
		}).Stop()
	}
	free := make(chan struct{}, 1)
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case free <- struct{}{}:
		case <-time.After(leaveTime):
			refuse(conn, fmt.Sprintf("the agent is busy with the controller at %v", a.controller()))
			continue
		case <-ctx.Done():
			conn.Close()
			return nil
		}
		serving.Go(func() {
			a.present(conn)
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			a.serve(ctx, conn)
			conn.Close()
			<-free
			if a.Once {
				cancel()
			}
		})
	}
}

// present notes a controller, if it isn't nil, and gives the number of all until now.
func (a *Agent) present(conn net.Conn) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if conn != nil {
		a.serving = conn
		a.came++
	}
	return a.came
}

// controller is where the latest controller is.
func (a *Agent) controller() net.Addr {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.serving.RemoteAddr()
}

// refuse says why, which a new connection has room for, and closes it.
func refuse(conn net.Conn, why string) {
	defer conn.Close()
	// A controller that doesn't learn why learns that the connection is closed.
	_ = newLines(conn).write(answer{Error: why})
}

func (a *Agent) logf(format string, args ...any) {
	if a.Logf != nil {
		a.Logf(format, args...)
	}
}

// serve serves one controller to its end.
func (a *Agent) serve(ctx context.Context, conn net.Conn) {
	s := session{agent: a, lines: newLines(conn)}
	a.logf("controller %v has connected", conn.RemoteAddr())
	err := s.run(ctx)
	if err != nil && ctx.Err() == nil {
		// What the connection itself says needn't be said to it; then this fails too.
		_ = s.lines.write(answer{Error: err.Error()})
		a.logf("controller %v: %.300s", conn.RemoteAddr(), err)
	} else {
		a.logf("controller %v has left after %d runs", conn.RemoteAddr(), s.trials)
	}
}

// session is what a controller has set up.
type session struct {
	agent  *Agent
	lines  *lines
	setup  *Setup
	trials int
}

// ErrVersions says that the two ends are different versions. What differs stands before it.
var ErrVersions = errors.New("versions disagree")

// run answers requests until the controller leaves.
func (s *session) run(ctx context.Context) error {
	if err := s.greet(); err != nil {
		return err
	}
	for {
		line, err := s.lines.read(10 * patience)
		if isGone(err) {
			return nil
		}
		if err != nil {
			return err
		}
		var r request
		if err := decode(line, &r); err != nil {
			return fmt.Errorf("no request of a controller: %w", err)
		}
		switch {
		case r.Setup != nil:
			err = s.configure(r.Setup)
		case r.Trial != nil && s.setup != nil:
			err = s.receive(ctx, r.Trial)
		default:
			err = errors.New("a request out of turn")
		}
		if err != nil {
			return err
		}
	}
}

// greet compares versions. Both ends say theirs, so that both can tell.
func (s *session) greet() error {
	line, err := s.lines.read(patience)
	if err != nil {
		return err
	}
	theirs, err := decodeHello(line)
	if err != nil {
		return err
	}
	ours := Hello{Protocol: Protocol, Version: s.agent.Version}
	if err := s.lines.write(answer{Hello: &ours}); err != nil {
		return err
	}
	if what := theirs.differs(ours); what != "" {
		return fmt.Errorf("%w: %s", ErrVersions, what)
	}
	return nil
}

// configure takes a setup, tries it, and answers with what has become of it.
func (s *session) configure(setup *Setup) error {
	if err := setup.check(); err != nil {
		return err
	}
	made := *setup
	r, err := s.open(&made, trial{})
	if err != nil {
		return err
	}
	defer r.stream.Close()
	if st := r.stream.Stats(); made.ReceiveBuffer > 0 && st.ReceiveBufferMissing > 0 {
		made.ReceiveBuffer -= int(min(st.ReceiveBufferMissing, int64(made.ReceiveBuffer)))
	}
	s.setup = &made
	return s.lines.write(answer{Setup: &made})
}

// address is where to receive: the address that the controller reached.
func (s *session) address() netip.AddrPort {
	local, _ := netip.ParseAddrPort(s.lines.conn.LocalAddr().String())
	return netip.AddrPortFrom(local.Addr().Unmap(), s.agent.Port)
}
