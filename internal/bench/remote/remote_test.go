// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/gospead/spead"
	"github.com/gospead/spead/internal/bench/search"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs an agent on loopback, and checks that it ends well.
func serve(t *testing.T, a *Agent) (address string) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func controller() *Controller {
	return &Controller{
		Version: "v1", Duration: 20 * time.Millisecond,
		Setup:  Setup{HeapSize: 10_000, Items: 3, PacketSize: 1472, Sockets: 1, MaxHeaps: 8, QueueHeaps: 8, Verify: true},
		Sender: Sender{Burst: 1500, Ratio: 1.05},
	}
}

func connect(t *testing.T, c *Controller, address string) {
	t.Helper()
	if err := c.Connect(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Configure(); err != nil {
		t.Fatal(err)
	}
}

func TestRunsAreVerifiedAndAccountedFor(t *testing.T) {
	address := serve(t, &Agent{Version: "v1"})
	for _, items := range []int{1, 3, 100} {
		c := controller()
		c.Setup.Items = items
		var steps []Step
		c.Ran = func(s Step) { steps = append(steps, s) }
		connect(t, c, address)
		if err := c.Repeat(t.Context(), 5e6, 3); err != nil {
			t.Fatal(err)
		}
		c.Close()
		for i, s := range steps {
			if s.Loss.Heaps != 0 || s.Verdict != search.Sustained || s.Came.Heaps != s.Sent.Heaps || s.Sent.Heaps == 0 ||
				s.Came.Packets != s.Sent.Packets || s.Run != i+1 || s.Rate <= 0 {
				t.Errorf("%d items, run %d: %+v", items, i, s)
			}
		}
		if len(steps) != 3 {
			t.Errorf("%d runs", len(steps))
		}
	}
}

func TestASearchOverLoopbackEnds(t *testing.T) {
	address := serve(t, &Agent{Version: "v1"})
	c := controller()
	runs := 0
	c.Ran = func(s Step) { runs++ }
	connect(t, c, address)
	r, err := c.Search(t.Context(), search.Config{Lowest: 2e6, Highest: 5e6, Runs: 2, Resolution: 0.3})
	if err != nil || runs < 2 || r.Found && (r.Rate <= 0 || r.Asked > 5e6) {
		t.Errorf("%d runs: %+v, %v", runs, r, err)
	}
}

func TestDifferentVersionsDontStart(t *testing.T) {
	address := serve(t, &Agent{Version: "v2"})
	err := controller().Connect(t.Context(), address)
	const want = "versions disagree: the controller is spead v1, the agent is spead v2: use the same version at both ends"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	old := Hello{Protocol: 0, Version: "v0"}
	if what := (Hello{Protocol: Protocol, Version: "v1"}).differs(old); !strings.Contains(what, "speaks protocol 1 (spead v1), the agent protocol 0 (spead v0)") {
		t.Error(what)
	}
}

func TestWhatTheAgentCantDoIsNamed(t *testing.T) {
	s := controller().Setup
	s.ReceiveBuffer = 1 << 30
	other := s
	other.ReceiveBuffer, other.Sockets = 4096, 2
	what := s.differs(&other)
	if !strings.Contains(what, "receive buffer: 1073741824 bytes asked for, 4096 bytes") || !strings.Contains(what, "; sockets: 1 asked for, 2 at the agent") {
		t.Error(what)
	}
	if what := s.differs(&s); what != "" {
		t.Error(what)
	}
}

func TestWrongSetupsAreRefusedByNameAtBothEnds(t *testing.T) {
	address := serve(t, &Agent{Version: "v1"})
	for field, change := range map[string]func(*Setup){
		"HeapSize":      func(s *Setup) { s.HeapSize = 1 << 40 },
		"Items":         func(s *Setup) { s.Items = 0 },
		"PacketSize":    func(s *Setup) { s.PacketSize = 1 << 20 },
		"ReceiveBuffer": func(s *Setup) { s.ReceiveBuffer, s.Sockets = 1<<30, 8 },
		"Sockets":       func(s *Setup) { s.Sockets = 65 },
		"MaxHeaps":      func(s *Setup) { s.MaxHeaps = 1 << 30 },
		"QueueHeaps":    func(s *Setup) { s.QueueHeaps = 0 },
	} {
		c := controller()
		connect(t, c, address)
		change(&c.Setup)
		var refused *spead.FieldError
		if err := c.Configure(); !errors.As(err, &refused) || refused.Field != "remote.Setup."+field {
			t.Errorf("%s: %v", field, err)
		}
		if _, err := c.ask(request{Setup: &c.Setup}, patience); err == nil || !strings.Contains(err.Error(), "remote.Setup."+field) {
			t.Errorf("%s: the agent said %v", field, err)
		}
		c.Close()
	}
	c := controller()
	c.Setup.HeapSize, c.Setup.Items = 8, 3
	if err := c.Configure(); err == nil {
		t.Error("three items in two words")
	}
	c = controller()
	c.Duration = 2 * time.Hour
	if err := c.Configure(); err == nil {
		t.Error("runs of two hours")
	}
}

func TestAnAgentServesOneControllerAtATime(t *testing.T) {
	address := serve(t, &Agent{Version: "v1"})
	first := controller()
	connect(t, first, address)
	if err := controller().Connect(t.Context(), address); err == nil || !strings.Contains(err.Error(), "the agent is busy with the controller at 127.0.0.1:") {
		t.Errorf("%v", err)
	}
	if err := first.Repeat(t.Context(), 5e6, 1); err != nil {
		t.Error(err)
	}
}

// TestWhatNeverEndsEndsNoRunLate: others may send to the agent's port for ever.
func TestWhatNeverEndsEndsNoRunLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reception{finished: make(chan struct{})}
		began, packets := time.Now(), int64(0)
		if err := r.settle(t.Context(), 1, func() int64 { packets++; return packets }); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != settleMax {
			t.Errorf("it was waited for %v", took)
		}
	})
}

func TestAnAgentSurvivesControllersThatVanish(t *testing.T) {
	address := serve(t, &Agent{Version: "v1"})
	for _, leave := range []func(*Controller){
		func(*Controller) {},
		func(c *Controller) { _ = c.Configure() },
		func(c *Controller) { _, _ = c.ask(request{Trial: &trial{First: 1, Seconds: 600}}, patience) },
		func(c *Controller) { _, _ = c.lines.conn.Write([]byte(`{"trial":`)) },
		func(c *Controller) { _ = c.lines.conn.(*net.TCPConn).SetLinger(0) },
	} {
		c := controller()
		connect(t, c, address)
		leave(c)
		c.Close()
	}
	c := controller()
	connect(t, c, address)
	if err := c.Repeat(t.Context(), 5e6, 1); err != nil {
		t.Error(err)
	}
	c.Close()
}

func TestARunEndsWithItsContext(t *testing.T) {
	address := serve(t, &Agent{Version: "v1"})
	ctx, cancel := context.WithCancel(t.Context())
	c := controller()
	c.Duration = time.Hour
	if err := errors.Join(c.Connect(ctx, address), c.Configure()); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, cancel)
	if err := c.Repeat(ctx, 1e6, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := c.Repeat(ctx, 1e6, 1); err == nil {
		t.Error("a controller goes on after its end")
	}
}

func TestAnAgentEndsInTheMiddleOfARun(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	a := &Agent{Version: "v1"}
	go func() { ended <- a.Serve(ctx, l) }()
	c := controller()
	connect(t, c, l.Addr().String())
	if _, err := c.ask(request{Trial: &trial{First: 1, Seconds: 600}}, patience); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAnAgentForOneControllerEndsAfterIt(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	a := &Agent{Version: "v1", Once: true}
	go func() { ended <- a.Serve(t.Context(), l) }()
	c := controller()
	connect(t, c, l.Addr().String())
	c.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
