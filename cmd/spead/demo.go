// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gospead/spead/recv"
)

func newDemo(c console) *cobra.Command {
	duration := 10 * time.Second
	asJSON := false
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Send and receive in one process, check everything, show the rate",
		Long: `Send heaps over UDP from this process to itself and compare every byte that arrives with what was
sent. The sender keeps to what the receiver has taken and the socket's buffer holds, so that nothing
is lost for want of room; if something is lost nevertheless, the end says what and where, and the
exit code is 1.`,
		Example: `  spead demo
  spead demo --duration 1m
  spead demo --json | jq .gigabits_per_second`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return byFlag(demonstrate(cmd.Context(), c, duration, asJSON))
		},
	}
	flag[time.Duration]{"duration", "how long to send", &duration, durations()}.add(cmd)
	addSwitch(cmd, &asJSON, "json", "print the result as a JSON object")
	return cmd
}

// demonstrate sends and receives for a while, or until ctx ends, and prints how it went.
func demonstrate(ctx context.Context, c console, duration time.Duration, asJSON bool) error {
	d, err := newDemoRun()
	if err != nil {
		return err
	}
	defer d.close()
	if !asJSON {
		c.remark("sending heaps of %s in packets of up to %d bytes over UDP, from this process to itself at %v",
			formatSize(int64(d.heapBytes)), demoPacketBytes, d.address)
	}
	ctx, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	m := newMeter()
	endProgress := showProgress(c.remarks, func() string {
		s := d.receiver.Stats()
		seconds, rate := m.read(s.PayloadBytesDelivered)
		return fmt.Sprintf("%.0f s: %d heaps, %.2f Gb/s", seconds, s.HeapsDelivered, rate)
	})
	err = d.run(ctx)
	endProgress()
	r := d.result()
	if err != nil {
		return fmt.Errorf("%d heaps sent, %d received: %w", r.Sent, r.Received, err)
	}
	return r.print(c, asJSON)
}

// demoResult is what spead demo prints at the end.
type demoResult struct {
	Sent     int64 `json:"heaps_sent"`
	Received int64 `json:"heaps_received"`
	Verified int64 `json:"heaps_verified"`
	// Incomplete counts heaps of which a part came; they aren't among the received.
	Incomplete int64      `json:"heaps_incomplete"`
	Bytes      int64      `json:"bytes"`
	Seconds    float64    `json:"seconds"`
	Rate       float64    `json:"gigabits_per_second"`
	Stats      recv.Stats `json:"stats"`
}

func (r *demoResult) print(c console, asJSON bool) error {
	fault := r.fault()
	if asJSON {
		return errors.Join(json.NewEncoder(c.out).Encode(r), fault)
	}
	if fault != nil {
		return fault
	}
	_, err := fmt.Fprintf(c.out, "%d heaps sent, %d received, all verified, %.2f Gb/s\n", r.Sent, r.Received, r.Rate)
	return err
}

// fault says plainly what went wrong and where; nil if nothing did.
func (r *demoResult) fault() error {
	if r.Verified == r.Sent && r.Received == r.Sent && r.Incomplete == 0 {
		return nil
	}
	var where []string
	add := func(n int64, format string, args ...any) {
		if n != 0 {
			where = append(where, fmt.Sprintf(format, args...))
		}
	}
	add(r.Received-r.Verified, "%d heaps differ from what was sent", r.Received-r.Verified)
	add(r.Incomplete, "%d heaps came incomplete", r.Incomplete)
	lost := max(0, r.Sent-r.Received-r.Incomplete)
	add(lost, "%d heaps never came", lost)
	add(r.Stats.KernelDrops, "the kernel dropped %d packets for want of room in the socket's buffer", r.Stats.KernelDrops)
	for reason, n := range r.Stats.Refused.All() {
		add(n, "%d packets were refused as %v", n, reason)
	}
	return fmt.Errorf("%d heaps sent, %d received, %d verified, %.2f Gb/s: %s",
		r.Sent, r.Received, r.Verified, r.Rate, strings.Join(where, ", "))
}
