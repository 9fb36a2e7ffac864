// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gospead/spead/capture"
	"github.com/gospead/spead/internal/trigger"
)

// captureOptions is what the flags of spead capture set.
type captureOptions struct {
	capture.RecorderConfig
	path    string
	senders string
	listen  string
	trigger bool
	json    bool
}

func newCapture(c console) *cobra.Command {
	o := captureOptions{RecorderConfig: capture.RecorderConfig{Memory: 256 << 20, BufferSize: 8 << 20}}
	cmd := &cobra.Command{
		Use:   "capture ENDPOINT...",
		Short: "Write the datagrams that come to endpoints to a pcapng file, or count them",
		Long: `Write the datagrams that come to endpoints to a pcapng file, which spead recv, spead replay, Wireshark
and spead2_recv read. It takes no privilege. Without --write, datagrams are only counted.

An endpoint is what spead recv takes: port, :port, host:port, [v6]:port, or 239.1.2.3+7:7148 for eight
consecutive multicast groups. Times are the kernel's, to the nanosecond; addresses and payload are
true, and the headers around them made up, as sockets don't show those.

With --packet-ring, true frames come from the network device by a ring that is shared with the kernel,
which needs root (or CAP_NET_RAW) and costs a fraction of the processor time.

What is lost is counted by where: by the device, by the kernel (the socket's buffer was full), or
because the file was written too slowly and --memory was full. The counts stand in the file as well,
in its interface statistics blocks. The exit code is 0 nevertheless.

With --trigger, the latest datagrams stay in memory, as many as --memory holds, and are written to a
numbered file at each signal SIGUSR1, or POST request to --trigger-listen (those of web pages are refused).`,
		Example: `  spead capture 239.1.2.3+7:7148 --interface eth0 -w night.pcapng
  spead capture 7148 -w night.pcapng --file-size 1GiB --files 24
  spead capture 7148 --count 1000 -w - | spead recv /dev/stdin
  spead capture 239.1.2.3:7148 --duration 10s --json
  spead capture 7148 --trigger --memory 4GiB --trigger-listen 127.0.0.1:8080 -w event.pcapng`,
		Args: atLeastOne("ENDPOINT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("buffer") {
				o.BufferSize = 0 // more, with privilege
			}
			return byFlag(o.run(cmd.Context(), c, args))
		},
	}
	cmd.Flags().SortFlags = false
	o.addFlags(cmd)
	return cmd
}

func (o *captureOptions) addFlags(cmd *cobra.Command) {
	write := flag[string]{"write", "pcapng file to write; - for standard output", &o.path, texts("FILE")}
	cmd.Flags().VarP(&write, write.name, "w", write.usage)
	addSwitch(cmd, &o.json, "json", "print statistics as a JSON object")
	flag[int64]{"count", "number of datagrams to end after; 0: all", &o.Count, wholeNumbers[int64](0, math.MaxInt64)}.add(cmd)
	flag[time.Duration]{"duration", "how long to capture; without, until Ctrl-C", &o.Duration, durations()}.add(cmd)
	flag[string]{"filter", "what to keep, such as 'src host 10.0.0.1'", &o.Filter, texts("EXPRESSION")}.add(cmd)
	flag[int64]{"file-size", "begin another file when one would get larger", &o.FileSize, sizes[int64](128<<10, 1<<50)}.add(cmd)
	flag[time.Duration]{"file-time", "begin another file after this time", &o.FileTime, durations()}.add(cmd)
	flag[int]{"files", "how many files to keep, removing the oldest; 0: all", &o.Files, wholeNumbers(0, 1<<20)}.add(cmd)
	addSwitch(cmd, &o.Direct, "direct", "write past the page cache (O_DIRECT)")
	flag[int64]{"memory", "memory for what isn't written yet", &o.Memory, sizes[int64](2<<20, 1<<40)}.add(cmd)
	addSwitch(cmd, &o.trigger, "trigger", "write a file only at a signal or request, with the latest in memory")
	flag[time.Duration]{"trigger-after", "with --trigger: also write what comes in this time after it", &o.After, durations()}.add(cmd)
	flag[string]{"trigger-listen", "with --trigger: address for HTTP requests, such as 127.0.0.1:8080", &o.listen, listeners()}.add(cmd)
	flag[string]{"interface", "where to join multicast groups: a name, an address or an index", &o.Interface, texts("INTERFACE")}.add(cmd)
	addSwitch(cmd, &o.PacketRing, "packet-ring", "take frames from the device of --interface (AF_PACKET)")
	flag[string]{"source-filter", "addresses of the senders to join multicast groups for, with commas between; otherwise all",
		&o.senders, texts("ADDRESSES")}.add(cmd)
	flag[int]{"buffer", "size of each socket's buffer, or of the packet ring", &o.BufferSize, sizes(1, 1<<30-1)}.add(cmd)
	addSwitch(cmd, &o.NoGRO, "no-gro", "don't let the kernel join packets, so that each has a time of its own")
}

// run captures until there is enough, or ctx ends.
func (o *captureOptions) run(ctx context.Context, c console, endpoints []string) error {
	r, err := o.open(ctx, c, endpoints)
	if err != nil {
		return err
	}
	defer r.Close()
	end, err := o.listenForTriggers(ctx, c, r)
	if err != nil {
		return err
	}
	defer end()
	c.remark("spead capture: receiving on %s", strings.Trim(fmt.Sprint(r.Addrs()), "[]"))
	endProgress := showProgress(c.remarks, captureProgress(r))
	began := time.Now()
	err = r.Run(ctx)
	endProgress()
	stats := r.Stats()
	out := c.out
	if o.path == "-" {
		out = c.remarks
	}
	if o.json {
		if printed := json.NewEncoder(out).Encode(map[string]any{"stats": stats}); err == nil {
			err = printed
		}
		return err
	}
	if _, printed := fmt.Fprintf(out, "Captured %s\n", captureText(&stats, time.Since(began).Seconds())); err == nil {
		err = printed
	}
	return err
}

func (o *captureOptions) open(ctx context.Context, c console, texts []string) (*capture.Recorder, error) {
	var err error
	for _, text := range texts {
		endpoints, err := parseEndpoints(ctx, text, receiving())
		if err != nil {
			return nil, err
		}
		o.Endpoints = append(o.Endpoints, endpoints...)
	}
	if o.Senders, err = parseAddresses(o.senders); err != nil {
		return nil, err
	}
	if o.listen != "" && !o.trigger {
		return nil, wrong("--trigger-listen", o.listen, "nothing, unless there is --trigger")
	}
	o.Application = "spead " + readBuild().identity()
	o.Ring = o.trigger
	if o.Path = o.path; o.path == "-" {
		o.Path, o.Output = "", c.out
	}
	r, err := capture.NewRecorder(o.RecorderConfig)
	return r, byFilter(err)
}

// listenForTriggers passes signals and requests on until the function that it returns is called.
func (o *captureOptions) listenForTriggers(ctx context.Context, c console, r *capture.Recorder) (end func(), err error) {
	if !o.trigger {
		return func() {}, nil
	}
	endSignals := trigger.OnSignal(r.Trigger)
	if o.listen == "" {
		return endSignals, nil
	}
	server, err := trigger.Listen(ctx, o.listen, r.Trigger)
	if err != nil {
		endSignals()
		return nil, err
	}
	c.remark("spead capture: triggered by POST to http://%v/", server.Addr())
	return func() { endSignals(); server.Close() }, nil
}

// parseAddresses reads the value of --source-filter.
func parseAddresses(text string) (list []netip.Addr, err error) {
	if text == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		a, err := netip.ParseAddr(strings.TrimSpace(part))
		if err != nil {
			return nil, wrong("--source-filter", text, "IP addresses with commas between them")
		}
		list = append(list, a)
	}
	return list, nil
}

func captureProgress(r *capture.Recorder) func() string {
	m := newMeter()
	return func() string {
		s := r.Stats()
		seconds, rate := m.read(s.Bytes)
		return fmt.Sprintf("%.0f s: %s, %.3f Gb/s", seconds, captureText(&s, 0), rate)
	}
}

// captureText gives the figures in a line, with a rate if that took some seconds.
func captureText(s *capture.RecorderStats, seconds float64) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d datagrams, %d bytes", s.Datagrams, s.Bytes)
	if seconds > 0 {
		fmt.Fprintf(&text, " in %.3f s, %.3f Gb/s", seconds, gigabits(s.Bytes, seconds))
	}
	for _, loss := range []struct {
		count int64
		what  string
	}{
		{s.Filtered, "left out by the filter"}, {s.KernelDrops, "dropped by the kernel"},
		{s.WriterDrops, "lost as the file was written too slowly"}, {s.DeviceDrops, "lost by the device"},
	} {
		if loss.count > 0 {
			fmt.Fprintf(&text, ", %d %s", loss.count, loss.what)
		}
	}
	return text.String()
}
