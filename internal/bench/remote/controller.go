// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/gospead/spead/internal/bench/search"
)

// Controller drives an agent: Connect, then for each Setup Configure and runs, then Close.
type Controller struct {
	// Version is the program's version, which the agent has to have as well.
	Version string
	// Setup is what both ends have to agree on; Configure has to be called after each change.
	Setup Setup
	// Sender is how heaps are sent.
	Sender Sender
	// Duration is how long each run takes, up to an hour.
	Duration time.Duration
	// Ran, if not nil, is told of each run.
	Ran func(Step)

	lines *lines
	// next is the cnt of the next heap.
	next uint64
}

// Step is a run and what it means for the search.
type Step struct {
	// Asked is the rate in bytes per second, 0 for as fast as the sender can; Rate is what was reached.
	Asked   float64        `json:"asked_bytes_per_second"`
	Rate    float64        `json:"bytes_per_second"`
	Run     int            `json:"run"`
	Verdict search.Verdict `json:"verdict"`
	Sent    Sent           `json:"sent"`
	Came    Received       `json:"received"`
	Loss    Loss           `json:"lost"`
}

// Connect connects to an agent and compares versions. The connection ends with ctx.
func (c *Controller) Connect(ctx context.Context, agent string) error {
	d := net.Dialer{Timeout: patience / 3}
	conn, err := d.DialContext(ctx, "tcp", agent)
	if err != nil {
		return fmt.Errorf("connect to the agent: %w", err)
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	c.lines, c.next = newLines(conn), 1
	if err := c.greet(); err != nil {
		c.Close()
		return errors.Join(ctx.Err(), err)
	}
	return nil
}

// Close ends the connection.
func (c *Controller) Close() error { return c.lines.conn.Close() }

// greet compares versions.
func (c *Controller) greet() error {
	ours := Hello{Protocol: Protocol, Version: c.Version}
	if err := c.lines.write(request{Hello: &ours}); err != nil {
		return fmt.Errorf("greet the agent: %w", err)
	}
	line, err := c.lines.read(patience)
	if err != nil {
		return fmt.Errorf("the agent doesn't answer: %w", err)
	}
	theirs, err := decodeHello(line)
	if err != nil {
		return fmt.Errorf("the agent: %w", err)
	}
	if what := ours.differs(theirs); what != "" {
		return fmt.Errorf("%w: %s", ErrVersions, what)
	}
	return nil
}

// Configure sets the agent up. What it can't do as asked for is named in the error.
func (c *Controller) Configure() error {
	if c.Duration <= 0 || c.Duration > trialMax {
		return fmt.Errorf("runs of %v are not possible: up to %v", c.Duration, trialMax)
	}
	if err := c.Setup.check(); err != nil {
		return err
	}
	a, err := c.ask(request{Setup: &c.Setup}, patience)
	if err != nil {
		return err
	}
	if a.Setup == nil {
		return errors.New("the agent answered something else than its setup")
	}
	if what := c.Setup.differs(a.Setup); what != "" {
		return fmt.Errorf("the agent can't do what was asked for: %s", what)
	}
	return nil
}

// ask sends a request and gives the answer.
func (c *Controller) ask(r request, within time.Duration) (answer, error) {
	if err := c.lines.write(r); err != nil {
		return answer{}, fmt.Errorf("the agent is gone: %w", err)
	}
	line, err := c.lines.read(within)
	if err != nil {
		return answer{}, fmt.Errorf("the agent doesn't answer: %w", err)
	}
	var a answer
	if err := decode(line, &a); err != nil {
		return a, fmt.Errorf("the agent's answer makes no sense: %w", err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("the agent: %.500s", a.Error)
	}
	return a, nil
}

// Run sends at a rate in bytes per second, 0 for as fast as possible, for the duration of a run.
func (c *Controller) Run(ctx context.Context, rate float64) (Step, error) {
	step := Step{Asked: rate}
	a, err := c.ask(request{Trial: &trial{First: c.next, Seconds: c.Duration.Seconds()}}, patience)
	if err != nil {
		return step, errors.Join(ctx.Err(), err)
	}
	if a.Ready == nil || a.Ready.Port == 0 {
		return step, errors.New("the agent didn't say where it receives")
	}
	remote, err := netip.ParseAddrPort(c.lines.conn.RemoteAddr().String())
	if err != nil {
		return step, err
	}
	step.Sent, err = c.transmit(ctx, netip.AddrPortFrom(remote.Addr().Unmap(), a.Ready.Port), rate)
	if err != nil {
		return step, errors.Join(ctx.Err(), err)
	}
	a, err = c.ask(request{Sent: &sent{Heaps: step.Sent.Heaps}}, patience)
	if err != nil {
		return step, errors.Join(ctx.Err(), err)
	}
	if a.Received == nil {
		return step, errors.New("the agent didn't say what it received")
	}
	if err := a.Received.check(); err != nil {
		return step, err
	}
	step.Rate, step.Came = step.Sent.Rate(), *a.Received
	step.Loss = newLoss(&step.Sent, &step.Came)
	return step, nil
}

// Search searches for the highest rate that is sustained. When ctx ends, what was found until then is
// returned with its error.
func (c *Controller) Search(ctx context.Context, cfg search.Config) (search.Result, error) {
	s, err := search.New(cfg)
	if err != nil {
		return search.Result{}, err
	}
	for {
		rate, more := s.Next()
		if !more {
			return s.Result(), nil
		}
		run := s.Run()
		step, err := c.Run(ctx, rate)
		if err != nil {
			return s.Result(), err
		}
		step.Run = run
		step.Verdict = s.Note(search.Outcome{Rate: step.Rate, Lost: step.Loss.Heaps > 0})
		if c.Ran != nil {
			c.Ran(step)
		}
	}
}

// Repeat makes a number of runs at one rate.
func (c *Controller) Repeat(ctx context.Context, rate float64, runs int) error {
	for i := range runs {
		step, err := c.Run(ctx, rate)
		if err != nil {
			return err
		}
		step.Run, step.Verdict = i+1, search.Sustained
		if step.Loss.Heaps > 0 {
			step.Verdict = search.Lossy
		}
		if c.Ran != nil {
			c.Ran(step)
		}
	}
	return nil
}
