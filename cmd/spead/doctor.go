// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gospead/spead/internal/doctor"
	"github.com/gospead/spead/internal/udp"
)

// doctorOptions is what the flags of spead doctor set.
type doctorOptions struct {
	check          doctor.Config
	hiccup         time.Duration
	watch, querier time.Duration
	nic            string
	fix, json      bool
}

func newDoctor(c console) *cobra.Command {
	o := doctorOptions{check: doctor.Config{PacketSize: 1472}, hiccup: 10 * time.Millisecond}
	cmd := &cobra.Command{
		Use:   "doctor [ENDPOINT...]",
		Short: "Check whether this machine would lose data, and say what to do about it",
		Long: `Check whether this machine would lose data, and say what to do about it.

The checks are of socket buffers and privilege; losses that the kernel, the network card and its driver
have counted; the interface's link, speed, MTU, rings, offloads and interrupts; the reverse path filter
and connection tracking; multicast groups; the path MTU to endpoints; processors, containers, memory,
clock and kernel. Each is ok; or unknown, with the reason; or advice, which costs speed or margin; or
loss, which loses data. They only read, and send nothing.

Without --interface, the interfaces on the way to the endpoints are looked at, or else all with a card.
What is computed takes the rate: --rate 10Gbps, and how long a receiver may be kept from its socket.
What has been lost since the machine started is advice; with --watch, what is lost meanwhile is loss.

--fix, as root, writes the numbers that are wanted, and then checks again. It lasts until the machine
starts again; the lines "for good" say how to keep it. Without --fix, what it would write is listed.

Exit codes: 0 if nothing loses data, 1 if something does or couldn't be mended, 2 for a command line
that can't be carried out. The checks are for Linux; elsewhere there are none, which is no failure.`,
		Example: `  spead doctor
  spead doctor --interface eth0 --rate 10Gbps --packet-size 8972
  spead doctor 239.10.10.0+7:7148 --interface eth0 --sender 10.0.0.5 --querier 130s
  spead doctor --watch 10s --json | jq -c 'select(.state == "loss")'
  sudo spead doctor --rate 10Gbps --fix`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.finish(cmd.Context(), args); err != nil {
				return err
			}
			return o.run(cmd.Context(), c)
		},
	}
	cmd.Flags().SortFlags = false
	addSwitch(cmd, &o.json, "json", "print findings as JSON, an object per line")
	flag[string]{"interface", "what data comes and goes by: a name, an address or an index", &o.nic, texts("INTERFACE")}.add(cmd)
	flag[float64]{"rate", "the data's rate; 0: unknown", &o.check.Rate, rates()}.add(cmd)
	flag[time.Duration]{"hiccup", "how long a receiver may be kept from its socket", &o.hiccup, durations()}.add(cmd)
	flag[int]{"packet-size", "size of packets", &o.check.PacketSize, sizes(56, 65507)}.add(cmd)
	flag[netip.Addr]{"sender", "where data comes from, for the reverse path filter", &o.check.Sender, addresses()}.add(cmd)
	flag[time.Duration]{"watch", "look for so long whether losses go on", &o.watch, durations()}.add(cmd)
	flag[time.Duration]{"querier", "listen for so long for an IGMP querier, which asks every 125 s", &o.querier, durations()}.add(cmd)
	addSwitch(cmd, &o.fix, "fix", "as root, write the numbers that are wanted")
	return cmd
}

// finish turns the command line into what to check.
func (o *doctorOptions) finish(ctx context.Context, args []string) error {
	for _, arg := range args {
		list, err := parseEndpoints(ctx, arg, sending())
		if err != nil {
			return err
		}
		o.check.Endpoints = append(o.check.Endpoints, list...)
	}
	nic, err := udp.ParseInterface(o.nic)
	if err != nil {
		return wrong("--interface", o.nic, "the name, an address or the index of a network interface")
	}
	if nic != nil {
		o.check.Interfaces = []string{nic.Name}
	}
	o.check.Hiccup, o.check.Querier = o.hiccup.Seconds(), o.querier > 0
	return nil
}

func (o *doctorOptions) run(ctx context.Context, c console) error {
	if !doctor.Supported() {
		c.remark("spead doctor: the checks are for Linux, and this is %s: nothing was looked at", runtime.GOOS)
		return nil
	}
	o.waitForCounters(ctx, c)
	findings := o.examine(ctx)
	if err := o.print(c.out, findings); err != nil {
		return err
	}
	failed := false
	if o.fix {
		repairs := doctor.Fix(findings, "/")
		for _, r := range repairs {
			failed = failed || r.Err != nil
		}
		if err := o.printRepairs(c.out, repairs); err != nil {
			return err
		}
		o.check.Querier = false
		findings = o.examine(ctx)
	}
	if err := o.finishPrint(c.out, findings); err != nil {
		return err
	}
	switch {
	case failed:
		return errors.New("not everything could be written")
	case doctor.Worst(findings) == doctor.Loss:
		return errors.New("something here loses data")
	}
	return nil
}

// waitForCounters gives losses the time to happen that --watch allows.
func (o *doctorOptions) waitForCounters(ctx context.Context, c console) {
	if o.watch == 0 {
		return
	}
	o.check.Earlier = doctor.Count(o.check, doctor.Here())
	c.remark("spead doctor: watching for losses, %v", o.watch)
	select {
	case <-ctx.Done():
	case <-time.After(o.watch):
	}
}

func (o *doctorOptions) examine(ctx context.Context) []doctor.Finding {
	if o.check.Querier {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.querier)
		defer cancel()
	}
	return doctor.Examine(ctx, o.check, doctor.Here())
}

func (o *doctorOptions) print(out io.Writer, findings []doctor.Finding) error {
	for _, f := range findings {
		if err := o.line(out, f, f.Text()); err != nil {
			return err
		}
	}
	return nil
}

// line prints an object or, for people, its text.
func (o *doctorOptions) line(out io.Writer, object any, text string) error {
	if o.json {
		return json.NewEncoder(out).Encode(object)
	}
	_, err := io.WriteString(out, text)
	return err
}

func (o *doctorOptions) printRepairs(out io.Writer, repairs []doctor.Repair) error {
	for _, r := range repairs {
		object := struct {
			doctor.Setting
			Error string `json:"error,omitempty"`
		}{Setting: r.Setting}
		text := fmt.Sprintf("written /%s: %s\n", r.Path, r.Value)
		if r.Err != nil {
			object.Error = r.Err.Error()
			text = fmt.Sprintf("failed  %v\n", r.Err)
		}
		if err := o.line(out, object, text); err != nil {
			return err
		}
	}
	return nil
}

// finishPrint says how much of what was found and, without --fix, what it would write.
func (o *doctorOptions) finishPrint(out io.Writer, findings []doctor.Finding) error {
	var text strings.Builder
	text.WriteString(doctor.Summary(findings))
	for _, s := range doctor.Wanted(findings) {
		if !o.fix {
			text.WriteString(fmt.Sprintf("--fix would write /%s: %s\n", s.Path, s.Value))
		}
	}
	counts := map[string]int{}
	for _, f := range findings {
		counts[f.State.String()]++
	}
	return o.line(out, map[string]any{"summary": counts}, text.String())
}
