// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gospead/spead"
	"github.com/gospead/spead/capture"
)

// replayOptions is what the flags of spead replay set.
type replayOptions struct {
	capture.ReplayConfig
	maps    []string
	loops   int
	rewrite []capture.RewriteItem
	json    bool
}

func newReplay(c console) *cobra.Command {
	o := replayOptions{loops: 1, ReplayConfig: capture.ReplayConfig{BufferSize: 512 << 10}}
	cmd := &cobra.Command{
		Use:   "replay FILE [ENDPOINT]",
		Short: "Send the datagrams of a capture, exactly as they were and when they were",
		Long: `Send the datagrams of a capture, pcap or pcapng, to an endpoint: exactly as they were captured, each at
its own time on an absolute clock, so that nothing drifts. --speed, --rate and --fast change the times.

What was captured on the way to an address that --map names goes elsewhere. Without ENDPOINT, only that
is sent.

With --loop, the capture is sent again and again. --rewrite-item names an item, such as a timestamp,
whose immediate values grow in each loop by what a loop spans: from the least value to what would
follow the largest, or by the number after a +. 1 is the heap cnt.

The report says how late datagrams were handed to the kernel, as percentiles, and apart from it how
late the moments at which datagrams were due began: many datagrams that were captured at the same
moment can't all leave at it. Exit code 1: some datagrams couldn't be sent.`,
		Example: `  spead replay night.pcapng 239.1.2.3:7148 --interface eth0
  spead replay night.pcapng 10.0.0.1:7148 --loop forever --rewrite-item 0x1600 --rewrite-item 1
  spead replay night.pcapng 10.0.0.1:7148 --rate 5Gbps --filter 'dst port 7148'
  spead replay night.pcapng --map 239.1.2.3:7148=127.0.0.1:7148,239.1.2.4:7148=127.0.0.1:7149
  spead replay night.pcapng 10.0.0.1:7148 --speed 0.5 --json | jq .late.p99_ns`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return wrong("FILE ENDPOINT", strings.Join(args, " "), "a capture file and an endpoint; see --help")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("speed") && o.Speed == 0 || cmd.Flags().Changed("rate") && o.Rate == 0 {
				return wrong("--speed and --rate", 0, "more than 0; --fast sends as fast as possible")
			}
			return byFlag(o.run(cmd.Context(), c, args))
		},
	}
	cmd.Flags().SortFlags = false
	o.addFlags(cmd)
	return cmd
}

func (o *replayOptions) addFlags(cmd *cobra.Command) {
	flag[float64]{"speed", "how much faster than captured to send", &o.Speed, factors()}.add(cmd)
	flag[float64]{"rate", "rate of UDP payload to send at, such as 5Gbps", &o.Rate, rates()}.add(cmd)
	addSwitch(cmd, &o.Fast, "fast", "send as fast as possible")
	flag[int]{"loop", "how often to send the capture", &o.loops, loops()}.add(cmd)
	flag[[]capture.RewriteItem]{"rewrite-item", "item whose values grow from loop to loop, with what is added if it isn't measured; repeatable",
		&o.rewrite, rewrites(&o.rewrite)}.add(cmd)
	flag[string]{"filter", "what to send, such as 'udp dst port 7148'", &o.Filter, texts("EXPRESSION")}.add(cmd)
	flag[[]string]{"map", "where to send what was captured on the way to an address, with commas between; repeatable",
		&o.maps, mappings(&o.maps)}.add(cmd)
	flag[netip.Addr]{"source", "address to send from", &o.Source, addresses()}.add(cmd)
	flag[string]{"interface", "where multicast leaves: a name, an address or an index", &o.Interface, texts("INTERFACE")}.add(cmd)
	flag[int]{"ttl", "hops that multicast may go", &o.TTL, wholeNumbers(1, 255)}.add(cmd)
	flag[int]{"buffer", "size of the socket's buffer", &o.BufferSize, sizes(1, 1<<30-1)}.add(cmd)
	addSwitch(cmd, &o.NoGSO, "no-gso", "hand each datagram to the kernel by itself")
	addSwitch(cmd, &o.json, "json", "print the report as a JSON object")
}

// factors are numbers above 0; 0 stands for none.
func factors() kind[float64] {
	return kind[float64]{
		name: "FACTOR", allowed: "a number from 0.000001 to 1000000, such as 2 or 0.5",
		parse: func(s string) (float64, bool) {
			v, err := strconv.ParseFloat(s, 64)
			return v, err == nil && v >= 1e-6 && v <= 1e6
		},
		print: func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) },
	}
}

// loops are numbers of loops; -1 stands for forever.
func loops() kind[int] {
	const forever = "forever"
	return kind[int]{
		name: "N", allowed: "a whole number of 1 or more, or forever",
		parse: func(s string) (int, bool) {
			if s == forever {
				return -1, true
			}
			v, err := strconv.ParseInt(s, 10, 32)
			return int(v), err == nil && v >= 1
		},
		print: func(v int) string {
			if v < 0 {
				return forever
			}
			return strconv.Itoa(v)
		},
	}
}

// rewrites add up, each as ID or ID+SPAN.
func rewrites(given *[]capture.RewriteItem) kind[[]capture.RewriteItem] {
	return kind[[]capture.RewriteItem]{
		name: "ITEM[+SPAN]", allowed: "1 or an item id from 7 on, such as 0x1600, perhaps with + and a number above 0",
		parse: func(s string) ([]capture.RewriteItem, bool) {
			id, span, hasSpan := strings.Cut(s, "+")
			number, err := strconv.ParseUint(id, 0, 55)
			item := capture.RewriteItem{ID: spead.ItemID(number)}
			if hasSpan && err == nil {
				item.Span, err = strconv.ParseUint(span, 0, 56)
			}
			ok := err == nil && (!hasSpan || item.Span > 0) && (number == 1 || number >= 7)
			return append(*given, item), ok
		},
		print: func([]capture.RewriteItem) string { return "" },
	}
}

// mappings add up, each as CAPTURED=ENDPOINT.
func mappings(given *[]string) kind[[]string] {
	return kind[[]string]{
		name: "CAPTURED=ENDPOINT", allowed: "captured addresses with ports and where to send instead, such as 239.1.2.3:7148=127.0.0.1:7148",
		parse: func(s string) ([]string, bool) {
			list := strings.Split(s, ",")
			for _, m := range list {
				captured, _, ok := strings.Cut(m, "=")
				if _, err := netip.ParseAddrPort(captured); !ok || err != nil {
					return nil, false
				}
			}
			return append(*given, list...), true
		},
		print: func([]string) string { return "" },
	}
}

// run replays until the capture ends, or ctx does.
func (o *replayOptions) run(ctx context.Context, c console, args []string) error {
	if err := o.finish(ctx, args); err != nil {
		return err
	}
	r, err := capture.NewReplayer(o.ReplayConfig)
	if err != nil {
		return byFilter(err)
	}
	endProgress := showProgress(c.remarks, replayProgress(r))
	err = r.Run(ctx)
	endProgress()
	stats := r.Stats()
	if o.json {
		if printed := json.NewEncoder(c.out).Encode(&stats); err == nil {
			err = printed
		}
		return err
	}
	if _, printed := fmt.Fprint(c.out, replayText(&stats)); err == nil {
		err = printed
	}
	return err
}

// finish turns what the command line says into what the library takes.
func (o *replayOptions) finish(ctx context.Context, args []string) error {
	o.Path, o.Loops, o.Rewrite = args[0], o.loops, o.rewrite
	if len(args) > 1 {
		e, err := oneEndpoint(ctx, "ENDPOINT", args[1])
		if err != nil {
			return err
		}
		o.Endpoint = e
	} else if len(o.maps) == 0 {
		return wrong("ENDPOINT", "none", "an endpoint to send to, or --map")
	}
	o.Map = map[netip.AddrPort]netip.AddrPort{}
	for _, m := range o.maps {
		from, to, _ := strings.Cut(m, "=")
		captured, err := netip.ParseAddrPort(from)
		if err != nil {
			return err
		}
		endpoint, err := oneEndpoint(ctx, "--map", to)
		if err != nil {
			return err
		}
		o.Map[captured] = endpoint
	}
	return nil
}

// oneEndpoint reads an endpoint that stands for one address.
func oneEndpoint(ctx context.Context, field, text string) (netip.AddrPort, error) {
	s := sending()
	s.argument, s.allowed = field, "one host:port or [v6]:port"
	list, err := parseEndpoints(ctx, text, s)
	if err == nil && len(list) != 1 {
		err = wrong(field, text, s.allowed)
	}
	if err != nil {
		return netip.AddrPort{}, err
	}
	return list[0], nil
}

func replayProgress(r *capture.Replayer) func() string {
	m := newMeter()
	return func() string {
		s := r.Stats()
		seconds, rate := m.read(s.Bytes)
		return fmt.Sprintf("%.0f s: loop %d, %d datagrams, %d bytes, %.3f Gb/s, late p99 %v", seconds, s.Loops, s.Datagrams, s.Bytes, rate, s.Late.P99)
	}
}

// replayText gives the report for people.
func replayText(s *capture.ReplayStats) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Sent %d datagrams, %d bytes in %.6f s, %.6f Gb/s\n", s.Datagrams, s.Bytes, s.Elapsed.Seconds(), gigabits(s.Bytes, s.Elapsed.Seconds()))
	if s.Late.Max > 0 {
		fmt.Fprintf(&b, "late: %s\n", timingText(&s.Late))
		fmt.Fprintf(&b, "late to begin with the %d moments at which datagrams were due: %s\n", s.Moments, timingText(&s.LateMoments))
	}
	for _, figure := range []struct {
		count int64
		what  string
	}{
		{s.Failed, "datagrams couldn't be sent"}, {s.Unmapped, "datagrams had no place to go"},
		{s.Refused, "datagrams aren't whole in the capture"}, {s.Foreign, "frames of something else"},
		{s.Backwards, "datagrams were captured before the one before them"}, {s.Rewritten, "values rewritten"},
		{s.Addressed, "values to rewrite stand in the payload and were left"},
	} {
		if figure.count > 0 {
			fmt.Fprintf(&b, "%d %s\n", figure.count, figure.what)
		}
	}
	return b.String()
}

func timingText(t *capture.TimingStats) string {
	return fmt.Sprintf("mean %v, p50 %v, p90 %v, p99 %v, p99.9 %v, max %v", t.Mean, t.P50, t.P90, t.P99, t.P999, t.Max)
}

// byFilter names the flag where an error is about a filter.
func byFilter(err error) error {
	var field *spead.FieldError
	if errors.As(err, &field) && strings.HasPrefix(field.Field, "filter") {
		return wrong("--"+field.Field, field.Value, field.Allowed)
	}
	return err
}
