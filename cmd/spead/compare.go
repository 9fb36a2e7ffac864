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

	"github.com/gospead/spead/internal/compare"
)

// compareOptions is what the flags of spead compare set.
type compareOptions struct {
	compare.Config
	filter    string
	device    string
	buffer    int
	duration  time.Duration
	show      int
	json      bool
	shown     []compare.Difference
	withheld  int64
	unprinted error
}

func newCompare(c console) *cobra.Command {
	o := compareOptions{shown: []compare.Difference{}, Config: compare.Config{Window: 256, Memory: 1 << 30, MaxHeapLength: 1 << 30}, buffer: 8 << 20, show: 20}
	cmd := &cobra.Command{
		Use:   "compare A B",
		Short: "Find out whether two captures or two live streams hold the same heaps",
		Long: `Find out whether two captures, or two live streams, hold the same heaps, and where they differ: which
are missing on which side, which bytes of which items differ, and how their times differ. Each side is
a capture file, or endpoints as spead recv takes them.

Heaps are known by their stream and cnt. A stream is what goes to one destination; of captures, equal
destinations belong together, and the others in the order of their addresses; of endpoints, those in
the same place. That heaps are divided into packets differently is noted, but no difference.

Memory is bounded: a heap that --window others of its side have overtaken while it waited is missing on
the other. Live streams are compared until --duration or Ctrl-C; heaps that one side has just begun to
get are incomplete there.

Exit code 1: they differ.`,
		Example: `  spead compare sent.pcapng received.pcapng
  spead compare night.pcapng again.pcapng --json | jq .missing_in_b
  spead compare 239.1.2.3:7148 239.1.2.4:7148 --interface eth0 --duration 10s`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return wrong("A B", strings.Join(args, " "), "two captures or endpoints; see --help")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("buffer") {
				o.buffer = 0 // more, with privilege
			}
			return byFlag(o.run(cmd.Context(), c, args))
		},
	}
	cmd.Flags().SortFlags = false
	addSwitch(cmd, &o.json, "json", "print the report as a JSON object")
	flag[int]{"show", "how many heaps that differ are described; all are counted", &o.show, wholeNumbers(0, 1<<20)}.add(cmd)
	flag[string]{"filter", "what to take from capture files, such as 'udp dst port 7148'", &o.filter, texts("EXPRESSION")}.add(cmd)
	flag[time.Duration]{"duration", "how long to compare live streams; without, until Ctrl-C", &o.duration, durations()}.add(cmd)
	flag[int]{"window", "heaps of a stream in progress, and of a side that wait for the other's", &o.Window, wholeNumbers(1, 1<<20)}.add(cmd)
	flag[int64]{"memory", "memory for payload", &o.Memory, sizes[int64](1<<20, 1<<40)}.add(cmd)
	flag[int64]{"max-heap-length", "refuse longer heaps", &o.MaxHeapLength, sizes[int64](1, 1<<50)}.add(cmd)
	flag[string]{"interface", "where to join multicast groups: a name, an address or an index", &o.device, texts("INTERFACE")}.add(cmd)
	flag[int]{"buffer", "size of each socket's buffer", &o.buffer, sizes(1, 1<<30-1)}.add(cmd)
	return cmd
}

// run compares until both sides have ended, or ctx does.
func (o *compareOptions) run(ctx context.Context, c console, args []string) error {
	for i, in := range []*compare.Input{&o.A, &o.B} {
		if err := o.input(ctx, in, args[i]); err != nil {
			return err
		}
	}
	o.Found = func(d compare.Difference) { o.found(c, d) }
	if o.duration > 0 {
		limited, cancel := context.WithTimeout(ctx, o.duration)
		defer cancel()
		ctx = limited
	}
	comparison, err := compare.Open(o.Config)
	if err != nil {
		return byFilter(err)
	}
	defer comparison.Close()
	for side := range args {
		if addrs := comparison.Addrs(side); len(addrs) > 0 {
			c.remark("spead compare: %c: receiving on %s", 'A'+side, strings.Trim(fmt.Sprint(addrs), "[]"))
		}
	}
	endProgress := showProgress(c.remarks, func() string { return fmt.Sprintf("%d heaps", comparison.Heaps()) })
	report, err := comparison.Run(ctx)
	endProgress()
	if printed := o.print(c, report); printed != nil {
		return errors.Join(err, printed)
	}
	if !report.Equal() {
		err = errors.Join(err, fmt.Errorf("%d heaps are the same, %d are not", report.Same,
			report.Differing+report.MissingInA+report.MissingInB+report.IncompleteInA+report.IncompleteInB))
	}
	return err
}

func (o *compareOptions) input(ctx context.Context, in *compare.Input, text string) (err error) {
	in.Filter = o.filter
	if isCapture(text) {
		in.Path = text
		return nil
	}
	in.Interface, in.BufferSize = o.device, o.buffer
	in.Endpoints, err = parseEndpoints(ctx, text, receiving())
	return err
}

func (o *compareOptions) found(c console, d compare.Difference) {
	switch {
	case len(o.shown) >= o.show:
		o.withheld++
		return
	case !o.json && o.unprinted == nil:
		_, o.unprinted = fmt.Fprintln(c.out, d)
	}
	o.shown = append(o.shown, d)
}

func (o *compareOptions) print(c console, r *compare.Report) error {
	if o.json {
		return json.NewEncoder(c.out).Encode(struct {
			*compare.Report
			Equal       bool                 `json:"equal"`
			Differences []compare.Difference `json:"differences"`
		}{r, r.Equal(), o.shown})
	}
	if o.unprinted != nil {
		return o.unprinted
	}
	if o.withheld > 0 {
		fmt.Fprintf(c.out, "and %d more, which --show would describe\n", o.withheld)
	}
	_, err := fmt.Fprint(c.out, r)
	return err
}
